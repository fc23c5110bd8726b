"""Mistakes that classes make when they put dropout into a net."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_TRAINING = ("net_loss", "net_gradients")
_ALL = ("net_scores", *_TRAINING)
_FORWARD = "return dropout_forward(x, self.dropout_param)"
_BACK = "return dropout_backward(dout, cache)"

_bug = bugs_in("dropout", "fc_net.py")

NET_BUGS = (
    # --- _drop_out
    _bug(
        "net_always_in_training",
        ("net_scores",),
        "The net calls dropout in training mode also when it computes scores.",
        "Who writes the mode into self.dropout_param, and do your lines use what it says?",
        (_FORWARD, 'return dropout_forward(x, {**self.dropout_param, "mode": "train"})'),
    ),
    _bug(
        "net_never_drops",
        _ALL,
        "The net calls dropout in test mode also in training, so nothing is ever dropped.",
        "Who writes the mode into self.dropout_param, and do your lines use what it says?",
        (_FORWARD, 'return dropout_forward(x, {**self.dropout_param, "mode": "test"})'),
    ),
    _bug(
        "net_turns_p_around",
        _TRAINING,
        "The net gives dropout 1 - p; both of them mean the probability of keeping.",
        "What does p mean in dropout_forward, and what does dropout_keep_ratio mean in the net?",
        (_FORWARD, 'return dropout_forward(x, {**self.dropout_param, "p": 1 - self.dropout_param["p"]})'),
    ),
    _bug(
        "net_forgets_the_seed",
        _TRAINING,
        "The dropout layers of the net do not get the net's seed.",
        "Which keys may self.dropout_param have, and which of them reach dropout_forward?",
        (
            _FORWARD,
            'return dropout_forward(x, {key: self.dropout_param[key] for key in ("mode", "p")})',
        ),
    ),
    _bug(
        "net_ignores_p",
        _TRAINING,
        "The net always keeps half of the units, whatever it was told.",
        "What changes in your lines when the net is made with another dropout_keep_ratio?",
        (_FORWARD, 'return dropout_forward(x, {**self.dropout_param, "p": 0.5})'),
    ),
    _bug(
        "net_drops_twice",
        _TRAINING,
        "The output of dropout goes through dropout a second time.",
        "How many calls of dropout_forward does one hidden block make?",
        (_FORWARD, "return dropout_forward(dropout_forward(x, self.dropout_param)[0], self.dropout_param)"),
    ),
    _bug(
        "net_scales_at_test_time",
        ("net_scores",),
        "The net multiplies its hidden values by p at test time, which inverted dropout makes unnecessary.",
        "When does inverted dropout make up for the missing units?",
        (
            _FORWARD,
            "out, cache = dropout_forward(x, self.dropout_param)\n"
            '        test = self.dropout_param["mode"] == "test"\n'
            '        return (out * self.dropout_param["p"] if test else out), cache',
        ),
    ),
    _bug(
        "net_returns_no_cache",
        _ALL,
        "_drop_out returns only the output, without the cache.",
        "What does _block_forward expect from _drop_out?",
        (_FORWARD, "return dropout_forward(x, self.dropout_param)[0]"),
    ),
    # --- _drop_out_backward
    _bug(
        "net_way_back_without_dropout",
        ("net_gradients",),
        "The gradient passes the dropout layer unchanged.",
        "Which units had no influence on the loss, and what is their gradient?",
        (_BACK, "return dout"),
    ),
    _bug(
        "net_way_back_divides_by_p",
        ("net_gradients",),
        "The gradient is divided by p after dropout_backward has done so.",
        "Who has the factor 1 / p in it already?",
        (_BACK, 'return dropout_backward(dout, cache) / self.dropout_param["p"]'),
    ),
    _bug(
        "net_way_back_undoes_the_scale",
        ("net_gradients",),
        "The gradient is multiplied by p after dropout_backward.",
        "Is the forward pass multiplied by p anywhere?",
        (_BACK, 'return dropout_backward(dout, cache) * self.dropout_param["p"]'),
    ),
    _bug(
        "net_draws_again_on_the_way_back",
        ("net_gradients",),
        "The way back calls dropout_forward, which draws new masks unless a seed is set.",
        "How does the way back know which units were silent in this very forward pass?",
        (_BACK, "return dropout_forward(dout, self.dropout_param)[0]"),
    ),
    _bug(
        "net_way_back_sign",
        ("net_gradients",),
        "The gradient changes its sign at the dropout layer.",
        "If a kept unit grows a little, does what leaves the layer grow or shrink?",
        (_BACK, "return -dropout_backward(dout, cache)"),
    ),
    _bug(
        "net_way_back_returns_a_pair",
        _ALL,
        "_drop_out_backward returns two values, but the gradient alone is expected.",
        "What does _block_backward do with what _drop_out_backward returns?",
        (_BACK, "return dropout_backward(dout, cache), None"),
    ),
    # --- where dropout stands
    _bug(
        "scores_dropped",
        _TRAINING,
        "Dropout is applied to the scores too; they are the answer of the net, not a hidden layer.",
        "Which layers does the class's docstring call hidden blocks?",
        (
            "        if y is None:\n            return scores\n\n        grads: Params = {}\n",
            "        if y is None:\n            return scores\n\n"
            "        if self.use_dropout:\n            scores, top = self._drop_out(scores)\n"
            "        grads: Params = {}\n",
        ),
        (
            '        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[last])\n',
            "        if self.use_dropout:\n            dout = self._drop_out_backward(dout, top)\n"
            '        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[last])\n',
        ),
    ),
    _bug(
        "inputs_dropped",
        _TRAINING,
        "Dropout is applied to the inputs too; here it belongs to the hidden layers only.",
        "Which layers does the class's docstring call hidden blocks?",
        ("        out = X\n", "        out = self._drop_out(X)[0] if self.use_dropout else X\n"),
    ),
    _bug(
        "dropped_before_normalization",
        _TRAINING,
        "Dropout stands before the normalization, whose mean and variance then depend on the mask.",
        "In which order do affine, normalization, ReLU and dropout follow each other in a hidden block?",
        (
            "            out, norm_cache = self._normalize(i, out)\n        out, relu_cache = relu_forward(out)\n"
            "        if self.use_dropout:\n            out, dropout_cache = self._drop_out(out)\n",
            "            if self.use_dropout:\n                out, dropout_cache = self._drop_out(out)\n"
            "            out, norm_cache = self._normalize(i, out)\n        out, relu_cache = relu_forward(out)\n"
            "        if self.use_dropout and self.normalization is None:\n"
            "            out, dropout_cache = self._drop_out(out)\n",
        ),
        (
            "        if self.use_dropout:\n            dout = self._drop_out_backward(dout, dropout_cache)\n"
            "        dout = relu_backward(dout, relu_cache)\n",
            "        if self.use_dropout and self.normalization is None:\n"
            "            dout = self._drop_out_backward(dout, dropout_cache)\n"
            "        dout = relu_backward(dout, relu_cache)\n",
        ),
        (
            '            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = self._normalize_backward(dout, norm_cache)\n',
            '            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = self._normalize_backward(dout, norm_cache)\n'
            "            if self.use_dropout:\n"
            "                dout = self._drop_out_backward(dout, dropout_cache)\n",
        ),
    ),
    _bug(
        "keep_one_crashes",
        _ALL,
        "Dropout is called also where the net keeps all units and self.dropout_param is empty.",
        "What does self.use_dropout say when dropout_keep_ratio is 1?",
        (
            "        if self.use_dropout:\n            out, dropout_cache = self._drop_out(out)\n",
            "        out, dropout_cache = self._drop_out(out)\n",
        ),
    ),
)

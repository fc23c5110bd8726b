"""Mistakes that classes make in the two networks."""

from __future__ import annotations

from .model import bugs_in

_TWO_LAYER = ("two_layer_loss", "two_layer_gradients")
_DEEP = ("deep_loss", "deep_gradients")

_bug = bugs_in("fc_net", "fc_net.py")

_W1 = 'self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dims)\n'
_B1 = 'self.params["b1"] = np.zeros(hidden_dims)\n'
_W2 = 'self.params["W2"] = weight_scale * np.random.randn(hidden_dims, num_classes)\n'
_B2 = 'self.params["b2"] = np.zeros(num_classes)\n'
_START = (
    _bug(
        "second_weights_drawn_first",
        ("two_layer_start",),
        "W2 is drawn before W1, so a seed gives another net than the contract says.",
        "In which order does the contract want the weights to be drawn?",
        (_W1, _W2),
        (_B1, _B1 + "        " + _W1),
        (f"        {_W2}        {_B2}", f"        {_B2}"),
    ),
    _bug(
        "weight_scale_ignored",
        ("two_layer_start",),
        "The weights of TwoLayerNet are drawn with standard deviation 1; weight_scale is not used.",
        "Print W1.std() of a net made with weight_scale=0.01.",
        (_W1, _W1.replace("weight_scale * ", "")),
        (_W2, _W2.replace("weight_scale * ", "")),
    ),
    _bug(
        "weight_scale_as_variance",
        ("two_layer_start",),
        "weight_scale is taken for the variance of the weights, not for their standard deviation.",
        "Print W1.std() of a net made with weight_scale=0.01.",
        (_W1, _W1.replace("weight_scale * ", "weight_scale**0.5 * ")),
        (_W2, _W2.replace("weight_scale * ", "weight_scale**0.5 * ")),
    ),
    _bug(
        "uniform_weights",
        ("two_layer_start",),
        "The weights of TwoLayerNet are drawn from a uniform distribution, not from the normal one.",
        "What is the difference between rand and randn?",
        (_W1, _W1.replace("randn", "rand")),
        (_W2, _W2.replace("randn", "rand")),
    ),
    _bug(
        "weights_transposed",
        ("two_layer_start",),
        "The weights of TwoLayerNet are stored as (outputs, inputs), as in the two_layer_net milestone.",
        "Which shape of w does affine_forward ask for?",
        (_W1, _W1.replace("(input_dim, hidden_dims)", "(hidden_dims, input_dim)")),
        (_W2, _W2.replace("(hidden_dims, num_classes)", "(num_classes, hidden_dims)")),
    ),
    _bug(
        "random_biases",
        ("two_layer_start",),
        "The biases of TwoLayerNet start at random numbers instead of at 0.",
        "The contract says where biases start.",
        (_B1, 'self.params["b1"] = weight_scale * np.random.randn(hidden_dims)\n'),
        (_B2, 'self.params["b2"] = weight_scale * np.random.randn(num_classes)\n'),
    ),
)

_HIDDEN = "hidden, hidden_cache = affine_relu_forward(X, W1, b1)"
_SCORES = "scores, scores_cache = affine_forward(hidden, W2, b2)"
_PENALTY = "loss += 0.5 * self.reg * float(np.sum(W1**2) + np.sum(W2**2))"
_BACK2 = "dhidden, dW2, db2 = affine_backward(dscores, scores_cache)"
_BACK1 = "_, dW1, db1 = affine_relu_backward(dhidden, hidden_cache)"
_GRADS = '{"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}'
_TWO_LAYER_LOSS = (
    _bug(
        "no_relu_between",
        _TWO_LAYER,
        "TwoLayerNet has no ReLU between its two affine layers.",
        "What are two affine layers in a row without anything between them?",
        (_HIDDEN, _HIDDEN.replace("affine_relu_forward", "affine_forward")),
        (_BACK1, _BACK1.replace("affine_relu_backward", "affine_backward")),
    ),
    _bug(
        "relu_on_scores",
        _TWO_LAYER,
        "TwoLayerNet sends its scores through a ReLU as well.",
        "A score may be negative: where does the architecture put the nonlinearity?",
        (_SCORES, _SCORES.replace("affine_forward", "affine_relu_forward")),
        (_BACK2, _BACK2.replace("affine_backward", "affine_relu_backward")),
    ),
    _bug(
        "probabilities_as_scores",
        ("two_layer_loss",),
        "Without labels, TwoLayerNet.loss returns softmax probabilities instead of scores.",
        "Softmax belongs to the loss; what does the contract of loss(X) ask for?",
        (
            "            return scores\n\n        loss, dscores = softmax_loss(scores, y)",
            "            e = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
            "            return e / e.sum(axis=1, keepdims=True)\n\n"
            "        loss, dscores = softmax_loss(scores, y)",
        ),
    ),
    _bug(
        "loss_without_labels_forgotten",
        ("two_layer_loss",),
        "TwoLayerNet.loss goes on to the softmax loss although no labels were given.",
        "What shall loss(X) return when y is None?",
        (
            "        if y is None:\n            return scores\n\n        loss, dscores",
            "        loss, dscores",
        ),
    ),
    _bug(
        "penalty_without_half",
        ("two_layer_loss",),
        "The L2 penalty of TwoLayerNet lacks its factor 0.5.",
        "The gradient of the penalty shall be reg * W: what must the penalty be for that?",
        (_PENALTY, _PENALTY.replace("0.5 * ", "")),
    ),
    _bug(
        "penalty_missing",
        ("two_layer_loss",),
        "The loss of TwoLayerNet does not contain the L2 penalty at all.",
        "What does the loss do when reg grows and nothing else changes?",
        (f"        {_PENALTY}\n", ""),
    ),
    _bug(
        "penalty_on_biases",
        ("two_layer_loss",),
        "The L2 penalty of TwoLayerNet includes the biases.",
        "The contract says which arrays are penalized.",
        (_PENALTY, _PENALTY.replace("np.sum(W2**2)", "np.sum(W2**2) + np.sum(b1**2) + np.sum(b2**2)")),
    ),
    _bug(
        "penalty_first_layer_only",
        ("two_layer_loss",),
        "TwoLayerNet penalizes W1 only; W2 is left out.",
        "How many weight matrices has this net?",
        (_PENALTY, _PENALTY.replace(" + np.sum(W2**2)", "")),
    ),
    _bug(
        "gradient_without_penalty",
        ("two_layer_gradients",),
        "The gradients of TwoLayerNet's weights lack the term of the L2 penalty.",
        "The loss has two terms; each contributes to the gradient of W1 and W2.",
        (_GRADS, '{"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}'),
    ),
    _bug(
        "gradient_penalty_doubled",
        ("two_layer_gradients",),
        "The penalty's term in TwoLayerNet's gradients is 2 * reg * W, as if the penalty had no factor 0.5.",
        "Differentiate 0.5 * reg * W**2.",
        (_GRADS, _GRADS.replace("self.reg * ", "2 * self.reg * ")),
    ),
    _bug(
        "penalty_on_bias_gradients",
        ("two_layer_gradients",),
        "TwoLayerNet's bias gradients contain reg * b, but biases are not penalized.",
        "Which arrays does the penalty of the loss contain?",
        (
            _GRADS,
            _GRADS.replace('"b1": db1', '"b1": db1 + self.reg * b1').replace(
                '"b2": db2', '"b2": db2 + self.reg * b2'
            ),
        ),
    ),
    _bug(
        "gradient_skips_relu",
        ("two_layer_gradients",),
        "On the way back TwoLayerNet leaves the ReLU out.",
        "Which layers did the forward pass go through, and what is each one's backward function?",
        (_BACK1, "_, dW1, db1 = affine_backward(dhidden, hidden_cache[0])"),
    ),
    _bug(
        "cache_of_the_other_layer",
        _TWO_LAYER,
        "TwoLayerNet's first layer goes back with the cache of the second one.",
        "Which forward call belongs to this backward call? Give the two caches names that say it.",
        (_BACK1, "_, dW1, db1 = affine_relu_backward(dhidden, (scores_cache, hidden_cache[1]))"),
    ),
    _bug(
        "scores_sent_back",
        ("two_layer_gradients",),
        "TwoLayerNet sends the scores back through the net instead of their gradient.",
        "softmax_loss returns two things: which one is the upstream gradient of the last layer?",
        (_BACK2, _BACK2.replace("dscores", "scores")),
    ),
)

_DRAW = 'self.params[f"W{i}"] = weight_scale * np.random.randn(dims[i - 1], dims[i])\n'
_ZEROS = 'self.params[f"b{i}"] = np.zeros(dims[i])\n'
_EACH = "for i in range(1, self.num_layers + 1):"
_DEEP_START = (
    _bug(
        "deep_weights_drawn_backwards",
        ("deep_start",),
        "FullyConnectedNet draws its weights from the last layer to the first.",
        "In which order does the contract want the weights to be drawn?",
        (_EACH, "for i in range(self.num_layers, 0, -1):"),
    ),
    _bug(
        "deep_output_layer_missing",
        ("deep_start",),
        "FullyConnectedNet makes parameters for the hidden layers only; the output layer has none.",
        "A net with L - 1 hidden layers has L affine layers. Where does your loop end?",
        (_EACH, "for i in range(1, self.num_layers):"),
    ),
    _bug(
        "deep_counts_from_zero",
        ("deep_start",),
        "FullyConnectedNet numbers its layers from 0: W0, b0, and so on.",
        "What is the first layer's W called in the contract?",
        (_DRAW, _DRAW.replace("W{i}", "W{i - 1}")),
        (_ZEROS, _ZEROS.replace("b{i}", "b{i - 1}")),
    ),
    _bug(
        "deep_weight_scale_ignored",
        ("deep_start",),
        "FullyConnectedNet draws its weights with standard deviation 1; weight_scale is not used.",
        "Print W1.std() of a net made with weight_scale=0.01.",
        (_DRAW, _DRAW.replace("weight_scale * ", "")),
    ),
    _bug(
        "deep_scale_by_inputs",
        ("deep_start",),
        "FullyConnectedNet scales its weights by the number of inputs; weight_scale is not used.",
        "A good idea, but another start: here the standard deviation is weight_scale in every layer.",
        (_DRAW, _DRAW.replace("weight_scale * ", "(2 / dims[i - 1]) ** 0.5 * ")),
    ),
    _bug(
        "deep_weights_transposed",
        ("deep_start",),
        "FullyConnectedNet stores its weights as (outputs, inputs).",
        "Which shape of w does affine_forward ask for?",
        (_DRAW, _DRAW.replace("(dims[i - 1], dims[i])", "(dims[i], dims[i - 1])")),
    ),
    _bug(
        "deep_biases_of_one",
        ("deep_start",),
        "FullyConnectedNet starts its biases at 1 instead of at 0.",
        "The contract says where biases start.",
        (_ZEROS, _ZEROS.replace("np.zeros", "np.ones")),
    ),
)

_TOP = 'scores, caches[last] = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])'
_RETURN = "        if y is None:\n            return scores\n\n        grads: Params = {}\n"
_TOP_BACK = 'dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[last])'
_BLOCKS_BACK = "dout, block_grads = self._block_backward(i, dout, caches[i])"
_SQUARES = "loss += 0.5 * self.reg * float(np.sum(W**2))"
_PULL = 'grads[f"W{i}"] += self.reg * W'
_DEEP_LOSS = (
    _bug(
        "deep_relu_on_scores",
        _DEEP,
        "FullyConnectedNet sends the scores of its last layer through a ReLU.",
        "Which layer has no ReLU after it, and how does your loop tell?",
        (_TOP, _TOP + "\n        scores, top_cache = relu_forward(scores)"),
        (_TOP_BACK, "dout = relu_backward(dout, top_cache)\n        " + _TOP_BACK),
    ),
    _bug(
        "deep_loss_without_labels_forgotten",
        ("deep_loss", "deep_gradients"),
        "FullyConnectedNet.loss goes on to the softmax loss although no labels were given.",
        "What shall loss(X) return when y is None?",
        (_RETURN, "        grads: Params = {}\n"),
    ),
    _bug(
        "deep_penalty_without_half",
        ("deep_loss",),
        "The L2 penalty of FullyConnectedNet lacks its factor 0.5.",
        "The gradient of the penalty shall be reg * W: what must the penalty be for that?",
        (_SQUARES, _SQUARES.replace("0.5 * ", "")),
    ),
    _bug(
        "deep_penalty_last_layer_only",
        ("deep_loss",),
        "The loss of FullyConnectedNet penalizes the weights of the last layer only.",
        "Is the penalty added inside the loop over all layers?",
        (_SQUARES, "loss += 0.5 * self.reg * float(np.sum(W**2)) * (i == last)"),
    ),
    _bug(
        "deep_penalty_on_biases",
        ("deep_loss",),
        "The L2 penalty of FullyConnectedNet includes the biases.",
        "The contract says which arrays are penalized.",
        (_SQUARES, _SQUARES.replace("np.sum(W**2)", 'np.sum(W**2) + np.sum(self.params[f"b{i}"] ** 2)')),
    ),
    _bug(
        "deep_gradient_penalty_in_hidden_layers_only",
        ("deep_gradients",),
        "The gradient of the output layer lacks the term of the L2 penalty, those of the hidden layers have it.",
        "How many weight matrices does the penalty contain?",
        (_PULL, 'grads[f"W{i}"] += self.reg * W * (i < last)'),
    ),
    _bug(
        "deep_gradient_without_penalty",
        ("deep_gradients",),
        "The gradients of FullyConnectedNet's weights lack the term of the L2 penalty.",
        "The loss has two terms; each contributes to the gradient of every W.",
        (f"                {_PULL}\n", ""),
    ),
    _bug(
        "deep_gradient_penalty_doubled",
        ("deep_gradients",),
        "The penalty's term in FullyConnectedNet's gradients is 2 * reg * W.",
        "Differentiate 0.5 * reg * W**2.",
        (_PULL, _PULL.replace("self.reg", "2 * self.reg")),
    ),
    _bug(
        "deep_cache_of_the_first_block",
        _DEEP,
        "On the way back every hidden block of FullyConnectedNet gets the cache of the first one.",
        "Keep one cache for each layer: which one belongs to layer i?",
        (_BLOCKS_BACK, _BLOCKS_BACK.replace("caches[i]", "caches[1]")),
    ),
    _bug(
        "deep_leaves_float32",
        ("deep_gradients",),
        "FullyConnectedNet computes its gradients in float64 although the net is of dtype float32.",
        "Print the dtype of every upstream gradient: at which line does float64 appear?",
        ("loss, dout = softmax_loss(scores, y)", "loss, dout = softmax_loss(scores.astype(np.float64), y)"),
    ),
)

_BLOCK = 'out, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])\n'
_GATE = "        out, relu_cache = relu_forward(out)\n"
_BLOCK_FORWARD = (
    _bug(
        "block_without_relu",
        _DEEP,
        "The hidden blocks of FullyConnectedNet have no ReLU.",
        "What are several affine layers in a row without anything between them?",
        (_GATE, "        relu_cache = np.ones_like(out)\n"),
    ),
    _bug(
        "block_relu_before_affine",
        _DEEP,
        "The hidden blocks of FullyConnectedNet apply the ReLU to their input, before the affine layer.",
        "In which order do the parts of a hidden block follow each other?",
        (_BLOCK, "x, relu_cache = relu_forward(x)\n        " + _BLOCK),
        (_GATE, ""),
        ("        dout = relu_backward(dout, relu_cache)\n", ""),
        (
            '        dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, affine_cache)\n',
            '        dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, affine_cache)\n'
            "        dx = relu_backward(dx, relu_cache)\n",
        ),
    ),
    _bug(
        "block_without_bias",
        _DEEP,
        "The hidden blocks of FullyConnectedNet do not use their biases.",
        "Biases start at 0, so a fresh net does not show it: try one whose biases are not 0.",
        (_BLOCK, _BLOCK.replace('self.params[f"b{i}"]', '0 * self.params[f"b{i}"]')),
    ),
    _bug(
        "block_of_the_first_layer",
        _DEEP,
        "Every hidden block of FullyConnectedNet uses the parameters of the first layer.",
        "Which entries of params belong to block i?",
        (
            _BLOCK,
            'out, affine_cache = affine_forward(x, self.params["W1"], self.params["b1"])\n',
        ),
    ),
    _bug(
        "block_caches_exchanged",
        _DEEP,
        "_block_forward stores its caches in another order than the one in which _block_backward takes them out.",
        "Compare the order of the names where the cache is packed with that where it is unpacked.",
        (
            "return out, (affine_cache, norm_cache, relu_cache,",
            "return out, (relu_cache, norm_cache, affine_cache,",
        ),
    ),
)

_GATE_BACK = "        dout = relu_backward(dout, relu_cache)\n"
_AFFINE_BACK = '        dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, affine_cache)\n'
_BLOCK_BACKWARD = (
    _bug(
        "block_gradient_skips_relu",
        ("deep_gradients",),
        "On the way back the hidden blocks of FullyConnectedNet leave the ReLU out.",
        "What does a hidden block consist of, and what is each part's backward function?",
        (_GATE_BACK, ""),
    ),
    _bug(
        "block_returns_upstream_gradient",
        _DEEP,
        "_block_backward hands back the gradient of the affine output instead of that of the block's input.",
        "Which of the three gradients of affine_backward does the block before need?",
        (f"{_AFFINE_BACK}        return dx, grads", f"{_AFFINE_BACK}        return dout, grads"),
    ),
    _bug(
        "block_forgets_bias_gradients",
        ("deep_gradients",),
        "grads has no entries for the biases of the hidden layers.",
        "grads must have exactly the keys of params.",
        (_AFFINE_BACK, _AFFINE_BACK.replace('grads[f"b{i}"]', "_")),
    ),
    _bug(
        "block_backward_in_forward_order",
        _DEEP,
        "_block_backward goes through the affine layer first and through the ReLU afterwards.",
        "The last part of the block on the way forward is the first one on the way back.",
        (_GATE_BACK, ""),
        (f"{_AFFINE_BACK}", f"{_AFFINE_BACK}        dx = relu_backward(dx, relu_cache)\n"),
    ),
    _bug(
        "block_gradients_of_the_next_layer",
        _DEEP,
        "_block_backward stores its gradients under the number of the layer after it.",
        "Which number has the layer whose parameters block i uses?",
        (_AFFINE_BACK, _AFFINE_BACK.replace("W{i}", "W{i + 1}").replace("b{i}", "b{i + 1}")),
    ),
)

BUGS = (
    *_START,
    *_TWO_LAYER_LOSS,
    *_DEEP_START,
    *_DEEP_LOSS,
    *_BLOCK_FORWARD,
    *_BLOCK_BACKWARD,
)

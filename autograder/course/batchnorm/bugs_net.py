"""Mistakes that classes make when they put normalization into a fully connected net."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_PARAMS = ("norm_params",)
_BATCH, _LAYER, _GRADIENTS = ("batchnorm_net",), ("layernorm_net",), ("net_gradients",)
_ALL = (*_BATCH, *_LAYER, *_GRADIENTS)

_bug = bugs_in("batchnorm", "fc_net.py")

_GAMMA, _BETA = 'self.params[f"gamma{i}"] = np.ones(dims[i])', 'self.params[f"beta{i}"] = np.zeros(dims[i])'

START = (
    _bug(
        "gammas_start_at_zero",
        _PARAMS,
        "The gammas start at zero, so that nothing passes the normalization at first.",
        "With which gamma does the normalized value come out as it is?",
        (_GAMMA, _GAMMA.replace("ones", "zeros")),
    ),
    _bug(
        "betas_start_at_one",
        _PARAMS,
        "The betas start at one.",
        "With which beta does the normalized value come out as it is?",
        (_BETA, _BETA.replace("zeros", "ones")),
    ),
    _bug(
        "last_layer_normalized",
        _PARAMS,
        "There is a gamma and a beta for the last layer, too; its scores are not normalized.",
        "Which layers have a normalization, and how many are these?",
        (
            f"for i in range(1, self.num_layers):\n                {_GAMMA}",
            f"for i in range(1, self.num_layers + 1):\n                {_GAMMA}",
        ),
    ),
    _bug(
        "gammas_counted_from_zero",
        _PARAMS,
        "gamma and beta are counted from 0, but the layers are counted from 1.",
        "Which gamma goes with W1?",
        (_GAMMA, _GAMMA.replace("{i}", "{i - 1}")),
        (_BETA, _BETA.replace("{i}", "{i - 1}")),
    ),
    _bug(
        "gamma_of_the_inputs_size",
        _PARAMS,
        "gamma and beta have as many entries as the layer has inputs.",
        "Does the normalization come before or after the affine layer?",
        (_GAMMA, _GAMMA.replace("dims[i]", "dims[i - 1]")),
        (_BETA, _BETA.replace("dims[i]", "dims[i - 1]")),
    ),
)

_NORMALIZE = 'return forward(x, self.params[f"gamma{i}"], self.params[f"beta{i}"], self.bn_params[i - 1])'
_FORWARD = "forward = batchnorm_forward if self.use_batchnorm else layernorm_forward"

NORMALIZE = (
    _bug(
        "one_bn_param_for_all_layers",
        (*_BATCH, *_GRADIENTS),
        "All hidden layers share one bn_param, so that their running statistics get mixed up.",
        "How many dicts does self.bn_params hold, and which one belongs to block i?",
        (_NORMALIZE, _NORMALIZE.replace("[i - 1]", "[0]")),
    ),
    _bug(
        "bn_param_of_the_next_layer",
        _ALL,
        "Block i uses bn_params[i]; blocks are counted from 1, the list from 0.",
        "At which index is the dict of block 1?",
        (_NORMALIZE, _NORMALIZE.replace("[i - 1]", "[i]")),
    ),
    _bug(
        "bn_param_thrown_away",
        _BATCH,
        "The layer gets a copy of its bn_param, so the running statistics are lost after each call.",
        "In which dict do the running statistics have to be at the next call?",
        (_NORMALIZE, _NORMALIZE.replace("self.bn_params[i - 1]", "dict(self.bn_params[i - 1])")),
    ),
    _bug(
        "gamma_of_the_first_layer",
        _ALL,
        "All hidden layers use gamma1.",
        "Which gamma belongs to block i?",
        (_NORMALIZE, _NORMALIZE.replace("gamma{i}", "gamma{1}")),
    ),
    _bug(
        "gamma_and_beta_handed_over_in_wrong_order",
        _ALL,
        "gamma and beta are handed to the layer in each other's place.",
        "In which order does the layer take its arguments?",
        (
            _NORMALIZE,
            _NORMALIZE.replace("gamma", "~").replace("beta", "gamma").replace("~", "beta"),
        ),
    ),
    _bug(
        "always_batchnorm",
        (*_LAYER, *_GRADIENTS),
        'Batch normalization is used whatever normalization says; with "layernorm" it must be layer normalization.',
        "Which two values can self.normalization have here?",
        (_FORWARD, "forward = batchnorm_forward"),
    ),
    _bug(
        "always_layernorm",
        (*_BATCH, *_GRADIENTS),
        'Layer normalization is used whatever normalization says; with "batchnorm" it must be batch normalization.',
        "Which two values can self.normalization have here?",
        (_FORWARD, "forward = layernorm_forward"),
    ),
    _bug(
        "mode_never_becomes_test",
        _BATCH,
        "The layers stay in training mode when the scores are computed: bn_param['mode'] does not become 'test'.",
        "Under which key does the layer look for its mode, and who sets it before each forward pass?",
        ('bn_param["mode"] = mode', "bn_param[mode] = mode"),
    ),
)

_BACKWARD = "        return backward(dout, cache)"
_WHICH = "backward = batchnorm_backward if self.use_batchnorm else layernorm_backward"
_UNPACKED = "        dx, dgamma, dbeta = backward(dout, cache)\n"

NORMALIZE_BACKWARD = (
    _bug(
        "gradient_passes_by_the_normalization",
        _GRADIENTS,
        "The upstream gradient goes on to the affine layer unchanged, as if there were no normalization.",
        "Which of the three results of the layer's backward pass is the gradient of its input?",
        (_BACKWARD, f"{_UNPACKED}        return dout, dgamma, dbeta"),
    ),
    _bug(
        "gradients_of_gamma_and_beta_exchanged",
        _GRADIENTS,
        "The gradients of gamma and beta stand in each other's place.",
        "In which order does the block expect the three gradients?",
        (_BACKWARD, f"{_UNPACKED}        return dx, dbeta, dgamma"),
    ),
    _bug(
        "always_batchnorm_backward",
        _GRADIENTS,
        "The backward pass of batch normalization is used for layer normalization, too.",
        "Which forward pass did this cache come from?",
        (_WHICH, "backward = batchnorm_backward"),
    ),
    _bug(
        "always_layernorm_backward",
        _GRADIENTS,
        "The backward pass of layer normalization is used for batch normalization, too.",
        "Which forward pass did this cache come from?",
        (_WHICH, "backward = layernorm_backward"),
    ),
    _bug(
        "gradients_of_gamma_and_beta_averaged",
        _GRADIENTS,
        "The gradients of gamma and beta are divided by the number of rows, but the loss has done that already.",
        "Where in the net is the mean over the batch taken?",
        (_BACKWARD, f"{_UNPACKED}        return dx, dgamma / len(dout), dbeta / len(dout)"),
    ),
)

NET_BUGS = (*START, *NORMALIZE, *NORMALIZE_BACKWARD)

"""Mistakes that classes make in the normalization of images."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_NAMES = (
    "spatial_batchnorm_forward",
    "spatial_batchnorm_backward",
    "spatial_groupnorm_forward",
    "spatial_groupnorm_backward",
)
# A wrong forward pass leaves a wrong cache for the backward pass.
_BATCH, _GROUP = _NAMES[:2], _NAMES[2:]

_TO_PIXELS = "x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)\n    out, "
_BACK_TO_IMAGES = "out = out.reshape(n, height, width, channels).transpose(0, 3, 1, 2)"
_GROUPS = "groups = x.reshape(n, G, channels // G * height * width)"
_X_HAT = "x_hat = ((groups - mean) / std).reshape(x.shape)"
_STD = "std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)"
_MEAN = "mean = groups.mean(axis=2, keepdims=True)"

_bug = bugs_in("cnn", "layers/spatial_norm.py")

BATCH_NORM = (
    _bug(
        "batchnorm_reshaped_without_transpose",
        _BATCH,
        "The images are reshaped to rows of channels while the channels are not the last axis, so channels mix.",
        "reshape keeps the order of the entries. Which axis has to be last before the rows can be channels?",
        (_TO_PIXELS, _TO_PIXELS.replace("x.transpose(0, 2, 3, 1)", "x")),
        (_BACK_TO_IMAGES, "out = out.reshape(x.shape)"),
    ),
    _bug(
        "batchnorm_not_transposed_back",
        _BATCH[:1],
        "The normalized pixels are reshaped to images without moving the channels back to their axis.",
        "What were the axes of the rows before you flattened them? Undo the steps in reverse order.",
        (_BACK_TO_IMAGES, "out = out.reshape(x.shape)"),
    ),
    _bug(
        "batchnorm_of_each_pixel",
        _BATCH,
        "Every pixel has statistics of its own, taken over the batch only.",
        "How many means should there be: one for each channel, or one for each pixel of each channel?",
        (
            _TO_PIXELS,
            "x.reshape(n, -1)\n    gamma, beta = np.repeat(gamma, height * width), np.repeat(beta, height * width)\n"
            "    out, ",
        ),
        (_BACK_TO_IMAGES, "out = out.reshape(x.shape)"),
    ),
    _bug(
        "batchnorm_rows_and_columns_exchanged",
        _BATCH,
        "Rows and columns change places on the way to the pixels but not on the way back.",
        "Write the axes behind each transpose. Does the second one undo the first?",
        (_TO_PIXELS, _TO_PIXELS.replace("(0, 2, 3, 1)", "(0, 3, 2, 1)")),
    ),
    _bug(
        "running_statistics_in_a_copy",
        _BATCH[:1],
        "The running statistics go into a copy of bn_param and are lost.",
        "Which dict will the caller pass in again at the next call?",
        (
            "batchnorm_forward(pixels, gamma, beta, bn_param)",
            "batchnorm_forward(pixels, gamma, beta, dict(bn_param))",
        ),
    ),
    _bug(
        "spatial_gamma_ignored",
        _BATCH[:1],
        "The output does not depend on gamma.",
        "What does batch normalization do after it has made mean 0 and variance 1?",
        ("batchnorm_forward(pixels, gamma,", "batchnorm_forward(pixels, np.ones_like(gamma),"),
    ),
    _bug(
        "dout_reshaped_without_transpose",
        _BATCH[1:],
        "dout is reshaped to rows of channels while the channels are not its last axis.",
        "The way back takes the same steps as the forward pass: what did you do before the reshape there?",
        ("pixels = dout.transpose(0, 2, 3, 1).reshape(", "pixels = dout.reshape("),
    ),
    _bug(
        "dx_not_transposed_back",
        _BATCH[1:],
        "dx is reshaped to images without moving the channels back to their axis.",
        "After the reshape, which axis of dx holds the channels?",
        ("dx = dx.reshape(n, height, width, channels).transpose(0, 3, 1, 2)", "dx = dx.reshape(shape)"),
    ),
    _bug(
        "dx_left_flat",
        _BATCH[1:],
        "dx is still a matrix with one row for each pixel.",
        "A gradient has the shape of what it belongs to. Which shape did x have?",
        ("dx = dx.reshape(n, height, width, channels).transpose(0, 3, 1, 2)", "dx = dx"),
    ),
    _bug(
        "dgamma_and_dbeta_exchanged",
        _BATCH[1:],
        "dgamma and dbeta are exchanged.",
        "In which order does batchnorm_backward return its three gradients?",
        ("dx, dgamma, dbeta = batchnorm_backward(", "dx, dbeta, dgamma = batchnorm_backward("),
    ),
    _bug(
        "spatial_statistics_taken_as_constant",
        _BATCH[1:],
        "Mean and variance are treated as constants in dx, but every pixel of a channel moves them.",
        "On how many ways does one pixel reach the output of another pixel of its channel?",
        (
            "dx, dgamma, dbeta = batchnorm_backward(pixels, pixel_cache)",
            "_, dgamma, dbeta = batchnorm_backward(pixels, pixel_cache)\n"
            "    dx = pixels * pixel_cache[1] / pixel_cache[2]",
        ),
    ),
)

GROUP_NORM = (
    _bug(
        "groups_interleaved",
        _GROUP,
        "A group takes every G-th channel, but it should hold C / G channels that follow each other.",
        "With 6 channels and G = 2, which channels are in the first group? Print the indices that your reshape groups.",
        (
            _GROUPS,
            "groups = x.reshape(n, channels // G, G, height * width).swapaxes(1, 2).reshape(n, G, -1)",
        ),
        (
            _X_HAT,
            "x_hat = ((groups - mean) / std).reshape(n, G, channels // G, -1).swapaxes(1, 2).reshape(x.shape)",
        ),
    ),
    _bug(
        "groups_normalized_over_the_batch",
        _GROUP,
        "The statistics of a group are taken over the whole batch instead of image by image.",
        "May the output for one image change when another image of the batch changes?",
        (_MEAN, "mean = groups.mean(axis=(0, 2), keepdims=True)"),
        (_STD, "std = np.sqrt(groups.var(axis=(0, 2), keepdims=True) + eps)"),
    ),
    _bug(
        "every_channel_its_own_group",
        _GROUP[:1],
        "Every channel is normalized on its own, whatever G is.",
        "Over how many numbers is one mean taken when 6 channels form 2 groups?",
        (_GROUPS, "groups = x.reshape(n, channels, height * width)"),
    ),
    _bug(
        "one_group_for_all_channels",
        _GROUP[:1],
        "All channels of an image are normalized together, whatever G is.",
        "How many means should there be for one image?",
        (_GROUPS, "groups = x.reshape(n, 1, channels * height * width)"),
    ),
    _bug(
        "group_eps_outside_the_root",
        _GROUP[:1],
        "eps is added to the standard deviation instead of to the variance.",
        "What stands under the root in the formula?",
        (_STD, "std = np.sqrt(groups.var(axis=2, keepdims=True)) + eps"),
    ),
    _bug(
        "group_eps_fixed",
        _GROUP[:1],
        "eps is always 1e-5, whatever gn_param says.",
        "Which variable holds the eps that the caller has chosen?",
        (_STD, _STD.replace("+ eps", "+ 1e-5")),
    ),
    _bug(
        "group_variance_unbiased",
        _GROUP[:1],
        "The variance is divided by the number of entries less 1.",
        "The contract asks for the biased variance. By what is that divided?",
        (_STD, _STD.replace("axis=2, ", "axis=2, ddof=1, ")),
    ),
    _bug(
        "divided_by_the_variance",
        _GROUP,
        "The centred entries are divided by the variance instead of by its root.",
        "Measure x in metres, then in centimetres: which of the two divisors makes the output the same?",
        (_STD, "std = groups.var(axis=2, keepdims=True) + eps"),
    ),
    _bug(
        "group_beta_forgotten",
        _GROUP[:1],
        "The shift beta is not added to the normalized images.",
        "Which argument does your output not depend on?",
        ("out = gamma * x_hat + beta\n    cache", "out = gamma * x_hat + 0 * beta\n    cache"),
    ),
    _bug(
        "group_gradients_without_axes",
        _GROUP[1:],
        "dgamma and dbeta have shape (C,), but gamma and beta have shape (1, C, 1, 1).",
        "Which argument of sum keeps the axes that are summed over?",
        ("dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)", "dbeta = dout.sum(axis=(0, 2, 3))"),
        (
            "dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)",
            "dgamma = (dout * x_hat).sum(axis=(0, 2, 3))",
        ),
    ),
    _bug(
        "group_gradients_of_each_image",
        _GROUP[1:],
        "dgamma and dbeta are not summed over the images.",
        "All images share the same gamma. What happens to its gradients?",
        ("dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)", "dbeta = dout.sum(axis=(2, 3), keepdims=True)"),
        (
            "dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)",
            "dgamma = (dout * x_hat).sum(axis=(2, 3), keepdims=True)",
        ),
    ),
    _bug(
        "group_gamma_forgotten_in_dx",
        _GROUP[1:],
        "The gradient dx leaves out the scale gamma.",
        "Walk back from the output: which factor does dout meet first?",
        ("(dout * gamma).reshape(groups)", "dout.reshape(groups)"),
    ),
    _bug(
        "group_mean_taken_as_constant",
        _GROUP[1:],
        "dx leaves out that every entry moves the mean of its group.",
        "What is the sum of dx over a group? It must be 0, as adding a constant to the group changes nothing.",
        ("(dx_hat - through_mean - through_std) / std", "(dx_hat - through_std) / std"),
    ),
    _bug(
        "group_variance_taken_as_constant",
        _GROUP[1:],
        "dx leaves out that every entry moves the variance of its group.",
        "Multiply a group by 1.01: how much does the output change, and what does your dx say about it?",
        ("(dx_hat - through_mean - through_std) / std", "(dx_hat - through_mean) / std"),
    ),
    _bug(
        "group_statistics_taken_as_constant",
        _GROUP[1:],
        "Mean and variance of a group are treated as constants in dx.",
        "On how many ways does one entry reach the output of another entry of its group?",
        ("(dx_hat - through_mean - through_std) / std", "dx_hat / std"),
    ),
)

"""Mistakes that classes make in max pooling."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

_WINDOW = "window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]\n            "
_FORWARD, _BACKWARD = _WINDOW + "out[", _WINDOW + "first = "
_PASS_ON = "dx[image, channel, i * stride + row, j * stride + column] += dout[:, :, i, j]"
_INTO_WINDOW = "dx[:, :, i * stride : i * stride + height, j * stride : j * stride + width] += "
_MASK = "mask = (window == window.max(axis=(2, 3), keepdims=True)).astype(dout.dtype)\n            "

_bug = bugs_in("cnn", "layers/pooling.py")

FORWARD = (
    _bug(
        "mean_instead_of_maximum",
        ("max_pool_forward",),
        "Each window is averaged: that is average pooling.",
        "Which single entry of a window survives max pooling?",
        ("window.max(axis=(2, 3))", "window.mean(axis=(2, 3))"),
    ),
    _bug(
        "largest_absolute_value",
        ("max_pool_forward",),
        "The entry of the largest absolute value is taken, without its sign.",
        "Which is larger, -3 or 1?",
        ("window.max(axis=(2, 3))", "np.abs(window).max(axis=(2, 3))"),
    ),
    _bug(
        "nothing_below_zero",
        ("max_pool_forward",),
        "Windows without a positive entry give 0: the comparison begins at 0.",
        "What is the maximum of a window that holds only -3 and -5?",
        ("window.max(axis=(2, 3))", "np.maximum(window.max(axis=(2, 3)), 0)"),
    ),
    _bug(
        "maximum_over_channels_too",
        ("max_pool_forward",),
        "The maximum is taken over the channels as well.",
        "How many channels come out of a pooling layer?",
        ("window.max(axis=(2, 3))", "window.max(axis=(1, 2, 3))[:, None]"),
    ),
    _bug(
        "pool_stride_ignored",
        ("max_pool_forward",),
        "The windows of the pooling move by one pixel, whatever the stride is.",
        "Where does the window of output (i, j) begin when the stride is 2?",
        (_FORWARD, _FORWARD.replace("i * stride", "i").replace("j * stride", "j")),
    ),
    _bug(
        "pool_size_for_stride",
        ("max_pool_forward",),
        "The windows move by their own size instead of by the stride, so they can neither overlap nor leave gaps.",
        "Try windows of 3 x 3 with stride 2: where does the second one begin?",
        (_FORWARD, _FORWARD.replace("i * stride", "i * height").replace("j * stride", "j * width")),
    ),
    _bug(
        "pool_height_for_width",
        ("max_pool_forward",),
        "The height of the window is used for its width as well.",
        "Try a window of 3 x 2: which entries does yours hold?",
        (_FORWARD, _FORWARD.replace("j * stride + width", "j * stride + height")),
    ),
    _bug(
        "pool_output_in_float64",
        ("max_pool_forward",),
        "The output is float64 even if the images are float32.",
        "Which dtype does NumPy give to a new array when it is told none?",
        ("out_width), dtype=x.dtype)", "out_width))"),
    ),
)

BACKWARD = (
    _bug(
        "gradient_to_all_maxima",
        ("max_pool_backward",),
        "If a window has several equal maxima, each of them gets the whole gradient.",
        "A mask of all entries that equal the maximum has more than one True after a ReLU, say. Which one counts?",
        (_PASS_ON, f"{_MASK}{_INTO_WINDOW}mask * dout[:, :, i, j][:, :, None, None]"),
    ),
    _bug(
        "gradient_shared_among_maxima",
        ("max_pool_backward",),
        "Equal maxima share the gradient, but the first one in row-major order should get all of it.",
        "Read again what the docstring says about several equal maxima.",
        (
            _PASS_ON,
            f"{_MASK}mask /= mask.sum(axis=(2, 3), keepdims=True)\n            "
            f"{_INTO_WINDOW}mask * dout[:, :, i, j][:, :, None, None]",
        ),
    ),
    _bug(
        "gradient_to_the_last_maximum",
        ("max_pool_backward",),
        "Among equal maxima the last one gets the gradient instead of the first.",
        "Which of several equal entries does argmax return? Do you keep a later one that is just as large?",
        (
            "window.reshape(n, channels, height * width).argmax(axis=2)",
            "height * width - 1 - window.reshape(n, channels, height * width)[:, :, ::-1].argmax(axis=2)",
        ),
    ),
    _bug(
        "overlapping_windows_overwrite",
        ("max_pool_backward",),
        "Where windows overlap, an entry keeps only the gradient of the last window instead of the sum.",
        "Can one entry be the maximum of two windows? What must its gradient be then?",
        (_PASS_ON, _PASS_ON.replace("+=", "=")),
    ),
    _bug(
        "gradient_spread_over_the_window",
        ("max_pool_backward",),
        "The gradient is spread evenly over the window, as average pooling does.",
        "By how much does the output change if an entry that is not the maximum grows a little?",
        (_PASS_ON, f"{_INTO_WINDOW}dout[:, :, i, j][:, :, None, None] / (height * width)"),
    ),
    _bug(
        "maximum_instead_of_dout",
        ("max_pool_backward",),
        "The place of the maximum gets the maximum itself instead of the upstream gradient.",
        "What flows backward through a layer: its values or the gradient of the loss?",
        (_PASS_ON, _PASS_ON.replace("dout[:, :, i, j]", "window.max(axis=(2, 3)).astype(dout.dtype)")),
    ),
    _bug(
        "pool_stride_ignored_backward",
        ("max_pool_backward",),
        "On the way back the windows move by one pixel, whatever the stride is.",
        "Each output must find its own window again: where did that begin in the forward pass?",
        (_BACKWARD, _BACKWARD.replace("i * stride", "i").replace("j * stride", "j")),
        (_PASS_ON, _PASS_ON.replace("i * stride + row, j * stride + column", "i + row, j + column")),
    ),
    _bug(
        "row_and_column_of_the_maximum",
        ("max_pool_backward",),
        "The number of the maximum within its window is turned into row and column with height and width exchanged.",
        "In a window of 3 x 2, in which row and column is entry number 2, counted from 0?",
        ("np.unravel_index(first, (height, width))", "np.unravel_index(first, (width, height))"),
    ),
    _bug(
        "pool_gradient_in_float64",
        ("max_pool_backward",),
        "dx is float64 even if dout is float32.",
        "Which dtype does np.zeros give to an array when it is told none?",
        ("np.zeros(x.shape, dtype=dout.dtype)", "np.zeros(x.shape)"),
    ),
)

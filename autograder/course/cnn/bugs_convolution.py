"""Mistakes that classes make in the convolution."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

# What the forward and the backward pass have in common is told apart by the line behind it.
_FORWARD_CORNER = "top, left = i * stride, j * stride\n                window = padded["
_BACKWARD_CORNER = "top, left = i * stride, j * stride\n                window = np.s_["
_FORWARD_PAD = "padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))\n    out = "
_FORWARD_WINDOW = "top : top + kernel_height, left : left + kernel_width]\n                out[n, :, i, j]"
_BACKWARD_WINDOW = "top : top + kernel_height, left : left + kernel_width]\n                upstream"

_bug = bugs_in("cnn", "layers/convolution.py")

FORWARD = (
    _bug(
        "stride_forgotten",
        ("conv_forward",),
        "The windows of the convolution move by one pixel, whatever the stride is.",
        "Where does the window of output (i, j) begin when the stride is 2?",
        (_FORWARD_CORNER, _FORWARD_CORNER.replace("i * stride, j * stride", "i, j")),
    ),
    _bug(
        "stride_only_down",
        ("conv_forward",),
        "The stride is used from row to row, but from column to column the windows move by one pixel.",
        "Both corners of a window depend on the stride. What does yours do along a row?",
        (_FORWARD_CORNER, _FORWARD_CORNER.replace("j * stride", "j")),
    ),
    _bug(
        "padding_on_one_side",
        ("conv_forward",),
        "All the padding lies below and to the right of the image.",
        "Draw the padded image: how many rows of zeros are there above it?",
        (_FORWARD_PAD, _FORWARD_PAD.replace("(pad, pad), (pad, pad)", "(0, 2 * pad), (0, 2 * pad)")),
    ),
    _bug(
        "padding_of_all_axes",
        ("conv_forward",),
        "np.pad was asked to pad all four axes, so there are new images and channels of zeros, too.",
        "Print the shape of the padded array. Which of its four axes should have grown?",
        (_FORWARD_PAD, _FORWARD_PAD.replace("((0, 0), (0, 0), (pad, pad), (pad, pad))", "pad")),
    ),
    _bug(
        "padding_repeats_the_edge",
        ("conv_forward",),
        "The padding repeats the pixels at the edge instead of being zero.",
        "What does the contract say about the values of the added rows and columns?",
        (_FORWARD_PAD, _FORWARD_PAD.replace("(pad, pad)))", '(pad, pad)), mode="edge")')),
    ),
    _bug(
        "output_size_without_padding",
        ("conv_forward",),
        "The size of the output was computed from the image without its padding, so outputs are missing.",
        "How many rows does the image have by the time the windows move over it?",
        (
            _FORWARD_PAD,
            "out_height = 1 + (x.shape[2] - kernel_height) // stride\n"
            "    out_width = 1 + (x.shape[3] - kernel_width) // stride\n    " + _FORWARD_PAD,
        ),
    ),
    _bug(
        "bias_forgotten",
        ("conv_forward",),
        "The biases are not added.",
        "Which of the four arguments does your output not depend on?",
        ("(w * window).sum(axis=(1, 2, 3)) + b", "(w * window).sum(axis=(1, 2, 3))"),
    ),
    _bug(
        "bias_in_every_product",
        ("conv_forward",),
        "The bias is added to each product before the sum, so it counts once for every weight of the filter.",
        "How often should a bias count in one output?",
        (
            "(w * window).sum(axis=(1, 2, 3)) + b",
            "(w * window + b.reshape(-1, 1, 1, 1)).sum(axis=(1, 2, 3))",
        ),
    ),
    _bug(
        "filter_flipped",
        ("conv_forward",),
        "The filters are turned by 180 degrees: that is the convolution of mathematics, not the one of networks.",
        "Compare the two indices of the formula: do k and l grow in the same direction for xp and for w?",
        ("(w * window).sum", "(w[:, :, ::-1, ::-1] * window).sum"),
    ),
    _bug(
        "filter_averaged",
        ("conv_forward",),
        "The products of a window are averaged instead of summed.",
        "By what should the sum of the products be divided, according to the formula?",
        ("(w * window).sum(axis=(1, 2, 3))", "(w * window).mean(axis=(1, 2, 3))"),
    ),
    _bug(
        "filter_height_for_width",
        ("conv_forward",),
        "The height of the filter is used for its width as well.",
        "Try a filter of 3 x 2: which window does yours cut out?",
        (_FORWARD_WINDOW, _FORWARD_WINDOW.replace("left + kernel_width", "left + kernel_height")),
    ),
    _bug(
        "always_the_first_image",
        ("conv_forward",),
        "Every image of the batch gets the output of the first one.",
        "Which index should change from image to image, on the right of the assignment as on the left?",
        ("window = padded[n, :", "window = padded[0, :"),
    ),
    _bug(
        "rows_and_columns_of_the_output_exchanged",
        ("conv_forward",),
        "The output is filled with rows and columns exchanged.",
        "Which of your two loop variables counts the rows?",
        ("out[n, :, i, j] = ", "out[n, :, j, i] = "),
    ),
    _bug(
        "output_in_float64",
        ("conv_forward",),
        "The output is float64 even if images, filters and biases are float32.",
        "Which dtype does NumPy give to a new array when it is told none?",
        ("out_width), dtype=np.result_type(x, w, b))", "out_width))"),
    ),
)

BACKWARD = (
    _bug(
        "stride_forgotten_backward",
        ("conv_backward",),
        "On the way back the windows move by one pixel, whatever the stride is.",
        "Each output must find its own window again: where did that begin in the forward pass?",
        (_BACKWARD_CORNER, _BACKWARD_CORNER.replace("i * stride, j * stride", "i, j")),
    ),
    _bug(
        "padding_not_cut_off",
        ("conv_backward",),
        "dx still has the rows and columns of the padding.",
        "A gradient has the shape of what it belongs to. Which array does dx belong to?",
        ("dx = dpadded[:, :, pad : pad + height, pad : pad + width]", "dx = dpadded"),
    ),
    _bug(
        "padding_cut_off_at_the_end",
        ("conv_backward",),
        "dx is cut out of the upper left corner, but the image lies in the middle of its padding.",
        "In which row of the padded array is the first row of the image?",
        ("dpadded[:, :, pad : pad + height, pad : pad + width]", "dpadded[:, :, :height, :width]"),
    ),
    _bug(
        "padding_cut_off_with_minus_zero",
        ("conv_backward",),
        "The padding is cut off with a slice pad:-pad, which is empty when pad is 0.",
        "What does a[0:-0] give? Say where the image ends by its size instead.",
        ("dpadded[:, :, pad : pad + height, pad : pad + width]", "dpadded[:, :, pad:-pad, pad:-pad]"),
    ),
    _bug(
        "image_height_for_width",
        ("conv_backward",),
        "The height of the image is used for its width as well.",
        "Try an image that is wider than high: what is the shape of your dx?",
        ("pad : pad + width]", "pad : pad + height]"),
    ),
    _bug(
        "overlapping_windows_overwrite_dx",
        ("conv_backward",),
        "Where windows overlap, dx keeps only what the last window said instead of adding up.",
        "One pixel lies in several windows. What does the chain rule do with its several ways to the loss?",
        ("dpadded[window] += ", "dpadded[window] = "),
    ),
    _bug(
        "dw_of_the_last_window_only",
        ("conv_backward",),
        "dw holds the share of the last window only instead of the sum over all windows and images.",
        "How many outputs was one weight used for?",
        ("dw += upstream * padded[window]", "dw = upstream * padded[window]"),
    ),
    _bug(
        "conv_gradients_averaged",
        ("conv_backward",),
        "dw is divided by the number of images, but dout carries the 1/N of the loss already.",
        "Whose task is it to average over the batch: that of each layer or that of the loss?",
        ("dw += upstream * padded[window]", "dw += upstream * padded[window] / len(x)"),
    ),
    _bug(
        "db_for_each_image",
        ("conv_backward",),
        "db is summed over the wrong axes: it has one entry for each image instead of one for each filter.",
        "A bias belongs to a filter. Which three axes of dout does it not depend on?",
        ("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(1, 2, 3))"),
    ),
    _bug(
        "db_averaged",
        ("conv_backward",),
        "db is the mean of dout over images and positions instead of the sum.",
        "By how much do all outputs of a filter together change when its bias grows by 1?",
        ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=(0, 2, 3)).astype(dout.dtype)"),
    ),
    _bug(
        "filter_flipped_for_dx",
        ("conv_backward",),
        "The filter is turned by 180 degrees while its products are spread over the window.",
        "Pixel (k, l) of the window was multiplied by one weight. Which one?",
        ("(upstream * w).sum(axis=0)", "(upstream * w[:, :, ::-1, ::-1]).sum(axis=0)"),
    ),
    _bug(
        "dx_without_dout",
        ("conv_backward",),
        "dx adds up the filters without weighting them with dout.",
        "What does the chain rule multiply the derivative of an output by?",
        ("(upstream * w).sum(axis=0)", "w.sum(axis=0)"),
    ),
    _bug(
        "filter_height_for_width_backward",
        ("conv_backward",),
        "On the way back the height of the filter is used for its width as well.",
        "Try a filter of 3 x 2: is your window as wide as the filter?",
        (_BACKWARD_WINDOW, _BACKWARD_WINDOW.replace("left + kernel_width", "left + kernel_height")),
    ),
    _bug(
        "gradients_in_float64",
        ("conv_backward",),
        "dx and dw are float64 even if all arguments are float32.",
        "Which dtype does np.zeros give to an array when it is told none?",
        ("np.zeros(padded.shape, dtype=np.result_type(dout, w))", "np.zeros(padded.shape)"),
        ("np.zeros(w.shape, dtype=np.result_type(dout, x))", "np.zeros(w.shape)"),
    ),
)

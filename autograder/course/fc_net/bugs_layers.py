"""Mistakes that classes make in the affine layer, the ReLU and the softmax loss."""

from __future__ import annotations

from collections.abc import Callable

from autograder.judging.edited_reference import NamedBug, bugs_in

_FLOAT32 = ("float32_layers",)  # of a layer that stops with an error


def _in(file: str, own: str) -> Callable[..., NamedBug]:
    """Return a maker of bugs of one function in one file; what the bug costs beyond that function's check follows."""
    make = bugs_in("fc_net", f"layers/{file}")

    def bug(
        name: str, also: tuple[str, ...], explanation: str, hint: str, *edits: tuple[str, str]
    ) -> NamedBug:
        return make(name, (own, *also), explanation, hint, *edits)

    return bug


_forward = _in("affine.py", "affine_forward")
_ROWS = "    rows = x.reshape(x.shape[0], w.shape[0])\n    out = rows @ w + b\n"
_AFFINE_FORWARD = (
    _forward(
        "affine_without_bias",
        (),
        "affine_forward does not add the bias.",
        "Which of the three arguments has your output not used yet?",
        ("out = rows @ w + b", "out = rows @ w"),
    ),
    _forward(
        "affine_input_not_flattened",
        _FLOAT32,
        "affine_forward multiplies x as it comes, with all its axes, instead of one row for each input.",
        "Write the shapes of x and w beside the product: which two lengths must be equal?",
        (_ROWS, "    out = x @ w + b\n"),
    ),
    _forward(
        "affine_flattened_in_column_order",
        (),
        "affine_forward flattens the inputs in another order than NumPy's own, so weights meet the wrong numbers.",
        "Where does x[0, 0, 1] end up in the row? Print the row of np.arange(6).reshape(1, 2, 3).",
        (_ROWS, '    rows = x.reshape(x.shape[0], w.shape[0], order="F")\n    out = rows @ w + b\n'),
    ),
    _forward(
        "affine_flattened_across_the_batch",
        (),
        "affine_forward lays the whole batch out as (D, N) and transposes it, so the numbers of several inputs mix.",
        "Take two inputs of three numbers: does each row of your matrix hold the numbers of one input?",
        (_ROWS, "    rows = x.reshape(w.shape[0], x.shape[0]).T\n    out = rows @ w + b\n"),
    ),
    _forward(
        "affine_bias_once_per_feature",
        (),
        "affine_forward adds the bias inside the sum over the features, so it counts D times.",
        "How often should b[0] be contained in out[0, 0]?",
        ("out = rows @ w + b", "out = rows @ w + b * w.shape[0]"),
    ),
    _forward(
        "affine_reshapes_its_input",
        ("affine_backward",),
        "affine_forward changes the shape of the caller's own array instead of taking a reshaped view.",
        "What does reshape return, and what do resize and an assignment to x.shape do?",
        (_ROWS, "    x.resize((x.shape[0], w.shape[0]), refcheck=False)\n    out = x @ w + b\n"),
    ),
)

_backward = _in("affine.py", "affine_backward")
_AFFINE_BACKWARD = (
    _backward(
        "dx_not_reshaped",
        (),
        "affine_backward returns dx as flat rows although x had more axes.",
        "A gradient has the shape of what it belongs to.",
        ("dx = (dout @ w.T).reshape(x.shape)", "dx = dout @ w.T"),
    ),
    _backward(
        "dx_through_squared_weights",
        (),
        "affine_backward multiplies dout with w**2 instead of w for dx.",
        "How much does the output move when an input moves a little?",
        ("dx = (dout @ w.T).reshape(x.shape)", "dx = (dout @ w.T**2).reshape(x.shape)"),
    ),
    _backward(
        "dw_transposed",
        (),
        "affine_backward returns dw transposed: one row for each output feature.",
        "A gradient has the shape of what it belongs to: which shape has w?",
        ("dw = rows.T @ dout", "dw = dout.T @ rows"),
    ),
    _backward(
        "dw_averaged",
        (),
        "affine_backward averages dw over the batch, but the upstream gradient has the 1/N already.",
        "Which function of this net knows that the loss is a mean? Only that one divides by N.",
        ("dw = rows.T @ dout", "dw = rows.T @ dout / x.shape[0]"),
    ),
    _backward(
        "db_over_the_features",
        (),
        "affine_backward sums the bias gradient over the output features instead of over the batch.",
        "b[0] is added to column 0 of every row: which entries of dout can feel it?",
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=1)"),
    ),
    _backward(
        "db_averaged",
        (),
        "affine_backward takes the mean of dout over the batch for db.",
        "A bias is added to every row: does moving it count once, or once for every row?",
        ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"),
    ),
    _backward(
        "db_not_summed",
        (),
        "affine_backward returns dout itself as db.",
        "Which shape has b, and which one has your db?",
        ("db = dout.sum(axis=0)", "db = dout"),
    ),
)

_relu = _in("activations.py", "relu_forward")
_MAXIMUM = "out = np.maximum(0, x)"
_RELU_FORWARD = (
    _relu(
        "relu_leaks",
        (),
        "relu_forward lets a small share of negative inputs through.",
        "What is the larger of 0 and a negative number?",
        (_MAXIMUM, "out = np.maximum(0.01 * x, x)"),
    ),
    _relu(
        "relu_is_absolute_value",
        (),
        "relu_forward turns negative inputs into positive ones instead of into 0.",
        "Compare the graphs of |x| and max(0, x) on the left side.",
        (_MAXIMUM, "out = np.abs(x)"),
    ),
    _relu(
        "relu_keeps_the_negative",
        (),
        "relu_forward keeps what is negative and cuts off what is positive.",
        "Which is it, the larger or the smaller of the two numbers?",
        (_MAXIMUM, "out = np.minimum(0, x)"),
    ),
    _relu(
        "relu_returns_mask",
        (),
        "relu_forward returns 1 where the input is positive, instead of the input.",
        "The mask says where; which number belongs there?",
        (_MAXIMUM, "out = (x > 0).astype(x.dtype)"),
    ),
    _relu(
        "relu_hides_nan",
        (),
        "relu_forward turns NaN into 0, because NaN > 0 is false: a net that has broken looks as if it worked.",
        "There is a NumPy function for the larger of two numbers; what does it make of NaN?",
        (_MAXIMUM, "out = np.where(x > 0, x, np.zeros_like(x))"),
    ),
    _relu(
        "relu_multiplies_by_its_mask",
        (),
        "relu_forward multiplies x by a mask, which makes NaN out of minus infinity times 0.",
        "There is a NumPy function for the larger of two numbers, which needs no product.",
        (_MAXIMUM, "out = x * (x > 0)"),
    ),
    _relu(
        "relu_changes_its_input",
        (),
        "relu_forward sets the negative entries of the caller's own array to 0.",
        "Which array does x[...] = 0 write to? Who else may still need it?",
        (_MAXIMUM, "x[x < 0] = 0\n    out = x"),
    ),
)

_relu_back = _in("activations.py", "relu_backward")
_WHERE = "dx = np.where(x > 0, dout, 0)"
_RELU_BACKWARD = (
    _relu_back(
        "relu_gradient_through_at_zero",
        (),
        "relu_backward lets the gradient through where the input was exactly 0.",
        "Compare >= with >, and read the contract for an input of exactly 0.",
        (_WHERE, "dx = np.where(x >= 0, dout, 0)"),
    ),
    _relu_back(
        "relu_gradient_ignores_input",
        (),
        "relu_backward passes the upstream gradient on unchanged, as if the ReLU were not there.",
        "By how much does the output of the ReLU change when its input is negative and moves a little?",
        (_WHERE, "dx = dout.copy()"),
    ),
    _relu_back(
        "relu_gradient_mask_of_itself",
        (),
        "relu_backward cuts off where the gradient is negative, not where the ReLU's input was.",
        "Which array decides whether a unit was on: dout, or what the cache holds?",
        (_WHERE, "dx = np.maximum(dout, 0)"),
    ),
    _relu_back(
        "relu_gradient_mirrored",
        (),
        "relu_backward lets the gradient through where the input was negative.",
        "On which side of 0 does the ReLU pass its input on?",
        (_WHERE, "dx = np.where(x > 0, 0, dout)"),
    ),
    _relu_back(
        "relu_gradient_is_the_mask",
        _FLOAT32,
        "relu_backward returns the derivative of the ReLU alone, without the upstream gradient.",
        "The chain rule is a product: of what and what?",
        (_WHERE, "dx = (x > 0) * 1.0"),
    ),
    _relu_back(
        "relu_gradient_times_input",
        (),
        "relu_backward multiplies the upstream gradient by the ReLU's output instead of by its slope.",
        "How steep is the ReLU at 3? And at 7?",
        (_WHERE, "dx = dout * np.maximum(0, x)"),
    ),
)

_loss = _in("losses.py", "softmax_loss")
_SHIFT = "shifted = x - x.max(axis=1, keepdims=True)"
_PICK = "loss = -log_probs[rows, y].mean()"
_SOFTMAX_LOSS = (
    _loss(
        "softmax_without_shift",
        (),
        "softmax_loss takes the exponentials of the raw scores, which overflow when scores are large.",
        "Softmax does not change when the same number is subtracted from a whole row. Which number helps?",
        (_SHIFT, "shifted = x"),
    ),
    _loss(
        "softmax_with_one_shift_for_all_rows",
        (),
        "softmax_loss subtracts the largest score of the whole batch from every row.",
        "What is left of a row whose own scores all lie far below those of another row?",
        (_SHIFT, "shifted = x - x.max()"),
    ),
    _loss(
        "log_of_a_probability",
        (),
        "softmax_loss takes the logarithm of a probability that may have become 0.",
        "Work out log p on paper before you compute p: what does the logarithm do to the quotient?",
        (_PICK, "loss = -np.log(np.exp(log_probs[rows, y])).mean()"),
    ),
    _loss(
        "softmax_over_the_batch",
        (),
        "softmax_loss normalizes over the rows of the batch instead of over the classes.",
        "Which numbers must sum to 1: those of a row or those of a column?",
        ("np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted).sum(axis=0, keepdims=True)"),
    ),
    _loss(
        "loss_summed",
        (),
        "softmax_loss sums the loss over the rows, but it is to be their mean.",
        "Would the loss of a batch written down twice be twice as large?",
        (_PICK, "loss = -log_probs[rows, y].sum()"),
    ),
    _loss(
        "loss_averaged_over_classes",
        (),
        "softmax_loss divides by the number of all entries, classes included.",
        "How many terms does the loss of one row have?",
        (_PICK, "loss = -log_probs[rows, y].sum() / x.size"),
    ),
    _loss(
        "loss_of_all_columns",
        (),
        "softmax_loss picks the columns of all labels from every row, with log_probs[:, y].",
        "Print the shape of what you average: one number a row, or one for each pair of rows?",
        (_PICK, "loss = -log_probs[:, y].mean()"),
    ),
    _loss(
        "loss_sign",
        (),
        "softmax_loss lacks the minus sign, so a better net has a larger loss.",
        "A probability lies between 0 and 1: which sign has its logarithm, and which should a loss have?",
        (_PICK, "loss = log_probs[rows, y].mean()"),
    ),
    _loss(
        "gradient_not_averaged",
        (),
        "softmax_loss does not divide its gradient by N, but the loss is a mean over the rows.",
        "Where does the 1/N of the loss go when it is differentiated?",
        ("    dx /= len(x)\n", ""),
    ),
    _loss(
        "gradient_averaged_twice",
        (),
        "softmax_loss divides its gradient by N twice.",
        "How many means does the loss contain?",
        ("    dx /= len(x)\n", "    dx /= len(x) ** 2\n"),
    ),
    _loss(
        "gradient_without_label",
        (),
        "softmax_loss returns the probabilities as gradient; nothing is taken off at the right class.",
        "Differentiate the score of the right class as well: it stands in the loss with a minus sign.",
        ("    dx[rows, y] -= 1\n", ""),
    ),
    _loss(
        "gradient_sign",
        (),
        "softmax_loss returns minus the gradient.",
        "Should the loss rise or fall when the score of a wrong class rises?",
        ("    dx /= len(x)\n", "    dx /= -len(x)\n"),
    ),
    _loss(
        "scores_shifted_in_place",
        (),
        "softmax_loss subtracts the maximum from the caller's own scores.",
        "What does -= do to an array that somebody else holds too?",
        (_SHIFT, "shifted = x\n    shifted -= x.max(axis=1, keepdims=True)"),
    ),
)

BUGS = (*_AFFINE_FORWARD, *_AFFINE_BACKWARD, *_RELU_FORWARD, *_RELU_BACKWARD, *_SOFTMAX_LOSS)

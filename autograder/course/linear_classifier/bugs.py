"""Mistakes that classes make in the linear classifier."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

# The two descents share lines; each edit takes along the line that tells which of them is meant.
_RECORD = (
    "        if is_measured(iteration):\n            J_history.append(linear_cost_func(X, Y, W, b))\n"
    "        if is_kept(iteration):\n            W_history.append(W.copy())\n"
)
_STEP_B = "        b -= alpha * residual.sum(axis=0)\n"
_BATCH_RESIDUAL = "        residual = (softmax(linear_pred(X, W, b)) - Y) / X.shape[0]\n"
_BATCH_W = "        W -= alpha * (X.T @ residual)\n"
_DRAW = "        rows = np.random.choice(X.shape[0], mini_batch)\n"
_PICK = "        x, y = X[rows], Y[rows]\n"
_SGD_RESIDUAL = "        residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch\n"
_SGD_W = "        W -= alpha * (x.T @ residual)\n"

_bug = bugs_in("linear_classifier", "linear_classifier.py")

_SOFTMAX = (
    _bug(
        "softmax_without_shift",
        ("softmax",),
        "The exponentials are taken of the raw scores and overflow when scores are large.",
        "Softmax does not change when the same number is subtracted from a whole row. Which number helps?",
        ("np.exp(x - x.max(axis=1, keepdims=True))", "np.exp(x)"),
    ),
    _bug(
        "softmax_shift_of_the_whole_array",
        ("softmax",),
        "The largest score of the whole array is subtracted, so rows that lie far below it vanish to 0/0.",
        "Every row needs a number of its own: along which axis is the maximum taken?",
        ("x.max(axis=1, keepdims=True)", "x.max()"),
    ),
    _bug(
        "softmax_over_columns",
        ("softmax",),
        "The probabilities are normalized over the rows of the batch instead of over the classes.",
        "Which axis holds the classes of one row, and which numbers must sum to 1?",
        ("exponentials.sum(axis=1, keepdims=True)", "exponentials.sum(axis=0, keepdims=True)"),
    ),
    _bug(
        "softmax_over_everything",
        ("softmax",),
        "The exponentials are divided by the sum of the whole array, not by that of their row.",
        "What do the numbers of one row sum to, and what should they sum to?",
        ("exponentials.sum(axis=1, keepdims=True)", "exponentials.sum()"),
    ),
    _bug(
        "softmax_not_normalized",
        ("softmax",),
        "The exponentials are returned without being divided by their sum.",
        "What do the probabilities of a row have to sum to?",
        ("return exponentials / exponentials.sum(axis=1, keepdims=True)", "return exponentials"),
    ),
    _bug(
        "softmax_keeps_the_integer_dtype",
        ("softmax",),
        "The result has the dtype of the scores, so integer scores give probabilities cut off to 0 and 1.",
        "Which dtype has an array made like x, and what becomes of 0.7 in it?",
        (
            "return exponentials / exponentials.sum(axis=1, keepdims=True)",
            "return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(x.dtype)",
        ),
    ),
    _bug(
        "softmax_changes_its_argument",
        ("softmax",),
        "The row's maximum is subtracted in place, which changes the array of the caller.",
        "What is the difference between x -= m and x = x - m?",
        (
            "exponentials = np.exp(x - x.max(axis=1, keepdims=True))",
            "x -= x.max(axis=1, keepdims=True)\n    exponentials = np.exp(x)",
        ),
    ),
)

_CROSS_ENTROPY = (
    _bug(
        "cross_entropy_summed",
        ("cross_entropy",),
        "The loss is summed over the rows, not averaged.",
        "Would the loss of a batch written down twice be twice as large?",
        ("np.mean(-np.sum(target", "np.sum(-np.sum(target"),
    ),
    _bug(
        "cross_entropy_sign",
        ("cross_entropy",),
        "The logarithm is taken without the minus sign, so better predictions have a larger loss.",
        "A probability lies between 0 and 1: which sign has its logarithm, and which should a loss have?",
        ("np.mean(-np.sum(target", "np.mean(np.sum(target"),
    ),
    _bug(
        "cross_entropy_without_constant",
        ("cross_entropy",),
        "The logarithm is taken of the probability alone, and a probability of 0 makes the loss infinite or NaN.",
        "Which small number does the contract add, and on which side of the logarithm?",
        ("np.log(score + 1e-9)", "np.log(score)"),
    ),
    _bug(
        "cross_entropy_mean_of_entries",
        ("cross_entropy",),
        "The mean is taken over all N times C entries, which makes the loss C times too small.",
        "How many losses has a batch of N rows: one per row, or one per entry?",
        (
            "np.mean(-np.sum(target * np.log(score + 1e-9), axis=1))",
            "np.mean(-target * np.log(score + 1e-9))",
        ),
    ),
    _bug(
        "cross_entropy_other_base",
        ("cross_entropy",),
        "The logarithm has another base than e.",
        "Ten equal probabilities must cost 2.3026. What do they cost here?",
        ("np.log(score + 1e-9)", "np.log2(score + 1e-9)"),
    ),
    _bug(
        "cross_entropy_of_all_classes",
        ("cross_entropy",),
        "The logarithms of all classes are added up, not only that of the right class.",
        "What part do the targets play in the loss?",
        ("target * np.log(score + 1e-9)", "np.log(score + 1e-9)"),
    ),
)

_SCORES = (
    _bug(
        "scores_without_bias",
        ("scores",),
        "The bias b is never added.",
        "It often starts at 0, so the first cost does not show it. What should happen once b is not 0?",
        ("return X @ W + b", "return X @ W"),
    ),
    _bug(
        "scores_less_bias",
        ("scores",),
        "The bias is subtracted instead of added.",
        "Read the formula of the contract once more, sign by sign.",
        ("return X @ W + b", "return X @ W - b"),
    ),
    _bug(
        "scores_with_one_bias",
        ("scores",),
        "All classes get the same bias.",
        "Which shape has b, and what does NumPy do with it when it is added to (N, C)?",
        ("return X @ W + b", "return X @ W + b[0]"),
    ),
    _bug(
        "scores_as_probabilities",
        ("scores",),
        "Probabilities are returned instead of scores.",
        "Softmax is a step of its own; what does the contract of linear_pred ask for?",
        ("return X @ W + b", "return softmax(X @ W + b)"),
    ),
    _bug(
        "scores_without_negative_ones",
        ("scores",),
        "Negative scores are replaced by 0.",
        "May a score be negative?",
        ("return X @ W + b", "return np.maximum(0, X @ W + b)"),
    ),
)

_COST_LINE = "return cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)"
_COST = (
    _bug(
        "cost_without_softmax",
        ("cost", "batch_history", "stochastic_history"),
        "The cross entropy is taken of the raw scores, which are no probabilities: some have no logarithm.",
        "Which function turns scores into probabilities?",
        (_COST_LINE, "return cross_entropy_loss(linear_pred(X, W, b), Y)"),
    ),
    _bug(
        "cost_with_softmax_twice",
        ("cost",),
        "Softmax is applied twice.",
        "What does linear_pred return: scores or probabilities? And what does softmax want?",
        (_COST_LINE, "return cross_entropy_loss(softmax(softmax(linear_pred(X, W, b))), Y)"),
    ),
    _bug(
        "cost_with_penalty",
        ("cost",),
        "The cost contains a penalty on the weights.",
        "This classifier has no regularization; which terms has its cost?",
        (_COST_LINE, _COST_LINE + " + 0.5 * float(np.sum(W**2))"),
    ),
    _bug(
        "cost_summed",
        ("cost",),
        "The cost is that of all rows together, not their mean.",
        "Which function has averaged over the rows already?",
        (_COST_LINE, _COST_LINE + " * X.shape[0]"),
    ),
    _bug(
        "cost_without_bias",
        ("cost",),
        "The cost leaves out the bias.",
        "Which arrays do the scores depend on?",
        (_COST_LINE, "return cross_entropy_loss(softmax(X @ W), Y)"),
    ),
)

_BATCH = (
    _bug(
        "batch_gradient_summed",
        ("batch_steps",),
        "The gradient is summed over the rows, but the cost is their mean.",
        "Where does the 1/N of the cost go when it is differentiated?",
        (_BATCH_RESIDUAL, _BATCH_RESIDUAL.replace(" / X.shape[0]", "")),
    ),
    _bug(
        "batch_gradient_without_targets",
        ("batch_steps",),
        "The targets are missing from the gradient: it is made of the probabilities alone.",
        "The gradient with respect to the scores compares two things; which?",
        (_BATCH_RESIDUAL, "        residual = softmax(linear_pred(X, W, b)) / X.shape[0]\n"),
    ),
    _bug(
        "batch_uphill",
        ("batch_steps",),
        "The steps go along the gradient, uphill.",
        "In which direction does the cost fall?",
        (_BATCH_W + _STEP_B, (_BATCH_W + _STEP_B).replace("-=", "+=")),
    ),
    _bug(
        "batch_bias_stays",
        ("batch_steps",),
        "Only W is updated; b stays where it started.",
        "How many arrays does the cost depend on?",
        (_BATCH_W + _STEP_B, _BATCH_W),
    ),
    _bug(
        "batch_bias_averaged_twice",
        ("batch_steps",),
        "The gradient of b is averaged over the rows although the 1/N is in the residual already.",
        "b is added to every row: is its gradient a sum or a mean of the rows' residuals?",
        (_BATCH_W + _STEP_B, _BATCH_W + _STEP_B.replace("sum", "mean")),
    ),
    _bug(
        "batch_bias_one_step_ahead",
        ("batch_steps",),
        "The gradient of b is measured after W has moved, not at the same point as that of W.",
        "Compute both gradients first, then take both steps.",
        (_BATCH_W + _STEP_B, _BATCH_W + _BATCH_RESIDUAL + _STEP_B),
    ),
    _bug(
        "batch_ignores_alpha",
        ("batch_steps",),
        "The whole gradient is subtracted; the step size alpha is not used.",
        "By how much should W change when alpha is halved?",
        (_BATCH_W + _STEP_B, (_BATCH_W + _STEP_B).replace("alpha * ", "")),
    ),
    _bug(
        "batch_cost_before_the_step",
        ("batch_history",),
        "J_history holds the costs before the steps, so its last entry is not the cost of what is returned.",
        "Which cost shall the last entry be?",
        (
            _BATCH_W + _STEP_B + _RECORD,
            "        if is_measured(iteration):\n            J_history.append(linear_cost_func(X, Y, W, b))\n"
            + _BATCH_W
            + _STEP_B
            + _RECORD.partition("b))\n")[2],
        ),
    ),
    _bug(
        "batch_cost_of_every_iteration",
        ("batch_history",),
        "The cost is recorded after every iteration, whatever cost_every says.",
        "What do is_measured and is_kept tell you?",
        (
            _BATCH_W + _STEP_B + _RECORD,
            _BATCH_W + _STEP_B + _RECORD.replace("is_measured(iteration)", "True"),
        ),
    ),
    _bug(
        "batch_history_of_one_array",
        ("batch_history",),
        "W_history holds the same array again and again, and this array goes on changing.",
        "What does a list keep when you append an array to it: its numbers, or the array itself?",
        (_BATCH_W + _STEP_B + _RECORD, _BATCH_W + _STEP_B + _RECORD.replace(".copy()", "")),
    ),
)

_STOCHASTIC = (
    _bug(
        "stochastic_without_replacement",
        ("stochastic_steps",),
        "The rows are drawn without replacement.",
        "The contract says how the rows are drawn; what is the default of np.random.choice?",
        (_DRAW, "        rows = np.random.permutation(X.shape[0])[:mini_batch]\n"),
    ),
    _bug(
        "stochastic_first_rows",
        ("stochastic_steps",),
        "Every step uses the same first rows.",
        "What makes stochastic gradient descent stochastic?",
        (_DRAW, "        rows = np.arange(mini_batch) % X.shape[0]\n"),
    ),
    _bug(
        "stochastic_one_draw_for_all",
        ("stochastic_steps",),
        "The rows are drawn once, before the loop, and used in every step.",
        "How often shall rows be drawn?",
        (
            "    for iteration in range(1, iterations + 1):\n" + _DRAW,
            _DRAW[4:] + "    for iteration in range(1, iterations + 1):\n",
        ),
    ),
    _bug(
        "stochastic_targets_of_other_rows",
        ("stochastic_steps",),
        "The targets do not belong to the rows that were drawn.",
        "Index X and Y with the same row numbers.",
        (_PICK, "        x, y = X[rows], Y[np.arange(mini_batch) % X.shape[0]]\n"),
    ),
    _bug(
        "stochastic_gradient_summed",
        ("stochastic_steps",),
        "The gradient is summed over the drawn rows, not averaged.",
        "Would twice as large a minibatch make steps twice as long?",
        (_SGD_RESIDUAL, _SGD_RESIDUAL.replace(" / mini_batch", "")),
    ),
    _bug(
        "stochastic_averaged_over_all_rows",
        ("stochastic_steps",),
        "The gradient is divided by the number of all rows, though only a few were drawn.",
        "Over how many rows is the mean of one step?",
        (_SGD_RESIDUAL, _SGD_RESIDUAL.replace("mini_batch", "X.shape[0]")),
    ),
    _bug(
        "stochastic_uphill",
        ("stochastic_steps",),
        "The steps go along the gradient, uphill.",
        "In which direction does the cost fall?",
        (_SGD_W + _STEP_B, (_SGD_W + _STEP_B).replace("-=", "+=")),
    ),
    _bug(
        "stochastic_bias_stays",
        ("stochastic_steps",),
        "Only W is updated; b stays where it started.",
        "How many arrays does the cost depend on?",
        (_SGD_W + _STEP_B, _SGD_W),
    ),
    _bug(
        "stochastic_cost_of_the_minibatch",
        ("stochastic_history",),
        "J_history holds the costs of the drawn rows, not of all of X.",
        "On which rows shall the cost be measured?",
        (_SGD_W + _STEP_B + _RECORD, _SGD_W + _STEP_B + _RECORD.replace("func(X, Y,", "func(x, y,")),
    ),
    _bug(
        "stochastic_cost_before_the_step",
        ("stochastic_history",),
        "J_history holds the costs before the steps, so its last entry is not the cost of what is returned.",
        "Which cost shall the last entry be?",
        (
            _SGD_W + _STEP_B + _RECORD,
            "        if is_measured(iteration):\n            J_history.append(linear_cost_func(X, Y, W, b))\n"
            + _SGD_W
            + _STEP_B
            + _RECORD.partition("b))\n")[2],
        ),
    ),
    _bug(
        "stochastic_history_of_one_array",
        ("stochastic_history",),
        "W_history holds the same array again and again, and this array goes on changing.",
        "What does a list keep when you append an array to it: its numbers, or the array itself?",
        (_SGD_W + _STEP_B + _RECORD, _SGD_W + _STEP_B + _RECORD.replace(".copy()", "")),
    ),
)

BUGS = _SOFTMAX + _CROSS_ENTROPY + _SCORES + _COST + _BATCH + _STOCHASTIC

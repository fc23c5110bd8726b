"""Mistakes that classes make in batch and layer normalization."""

from __future__ import annotations

from .model import bugs_in

_FORWARD = ("batchnorm_train",)
_RUNNING = ("running_statistics",)
_TEST = ("batchnorm_test",)
_BACKWARD = ("batchnorm_backward",)
_ALT = ("batchnorm_backward_alt",)
_BOTH_BACKWARD = (*_BACKWARD, *_ALT)
_LN_FORWARD = ("layernorm_forward",)
_LN_BACKWARD = ("layernorm_backward",)

Edit = tuple[str, str]

_batch = bugs_in("batchnorm", "layers/batchnorm.py")
_layer = bugs_in("batchnorm", "layers/layernorm.py")

_MEAN, _VAR = "mean = x.mean(axis=0)", "var = x.var(axis=0)"
_STD, _HAT, _OUT = "std = np.sqrt(var + eps)", "x_hat = (x - mean) / std", "out = gamma * x_hat + beta\n"
_NEW_MEAN = "running_mean = momentum * running_mean + (1 - momentum) * mean"
_NEW_VAR = "running_var = momentum * running_var + (1 - momentum) * var"

TRAINING = (
    _batch(
        "variance_with_n_minus_1",
        _FORWARD,
        "The batch variance is divided by N - 1; batch normalization divides by N.",
        "Which variance should a batch of one row have, and which one has yours?",
        (_VAR, "var = x.var(axis=0, ddof=1)"),
    ),
    _batch(
        "statistics_of_rows",
        (*_FORWARD, *_RUNNING, *_BOTH_BACKWARD),
        "Mean and variance are taken over each row; batch normalization takes them over the batch, for each feature.",
        "How many means should there be: N or D? Which axis must disappear for that?",
        (_MEAN, "mean = x.mean(axis=1, keepdims=True)"),
        (_VAR, "var = x.var(axis=1, keepdims=True)"),
    ),
    _batch(
        "statistics_of_all_entries",
        (*_FORWARD, *_RUNNING, *_BOTH_BACKWARD),
        "One mean and one variance are taken of all entries; each feature should have its own.",
        "What shape should the mean have? What does an axis do for it?",
        (_MEAN, "mean = x.mean()"),
        (_VAR, "var = x.var()"),
    ),
    _batch(
        "variance_without_root",
        (*_FORWARD, *_BOTH_BACKWARD),
        "The centred inputs are divided by the variance instead of by its square root.",
        "If all inputs are doubled, what happens to the variance, and what should happen to the output?",
        (_STD, "std = var + eps"),
    ),
    _batch(
        "eps_outside_the_root",
        _FORWARD,
        "eps is added to the standard deviation, after the root; it belongs to the variance, under the root.",
        "Read the formula again: what exactly stands under the root?",
        (_STD, "std = np.sqrt(var) + eps"),
    ),
    _batch(
        "eps_missing",
        _FORWARD,
        "eps is left out, so a feature that is the same in every row divides 0 by 0.",
        "What comes out for a batch of a single row?",
        (_STD, "std = np.sqrt(var)"),
    ),
    _batch(
        "mean_not_subtracted",
        (*_FORWARD, *_BOTH_BACKWARD),
        "The inputs are divided by their standard deviation, but their mean is not taken off first.",
        "What is the mean of each column of your output when beta is 0?",
        (_HAT, "x_hat = x / std"),
    ),
    _batch(
        "gamma_forgotten",
        _FORWARD,
        "The output is not multiplied by gamma.",
        "What should double when gamma is doubled?",
        (_OUT, "out = x_hat + beta\n"),
    ),
    _batch(
        "beta_forgotten",
        _FORWARD,
        "beta is not added to the output.",
        "Which value should the mean of each output column have?",
        (_OUT, "out = gamma * x_hat\n"),
    ),
    _batch(
        "gamma_and_beta_exchanged",
        _FORWARD,
        "gamma is added and beta multiplied; it should be the other way round.",
        "Which of the two starts at one and which at zero, so that neither changes anything at first?",
        (_OUT, "out = beta * x_hat + gamma\n"),
    ),
    _batch(
        "inputs_normalized_in_place",
        _FORWARD,
        "x itself is changed: -= and /= work on the caller's array.",
        "After `x -= mean`, which array does the caller find in its hands?",
        (_HAT, "x -= mean\n        x_hat = x / std"),
    ),
    _batch(
        "output_in_float64",
        _FORWARD,
        "float32 inputs give a float64 output.",
        "Where does a float64 array come in? Zeros and ones have a dtype, too.",
        (_OUT, "out = np.zeros(x.shape) + gamma * x_hat + beta\n"),
    ),
    _batch(
        "momentum_reversed",
        _RUNNING,
        "The momentum weighs the batch instead of the old running value.",
        "With a momentum of 0.9, should one batch change the running mean much or little?",
        (_NEW_MEAN, "running_mean = (1 - momentum) * running_mean + momentum * mean"),
        (_NEW_VAR, "running_var = (1 - momentum) * running_var + momentum * var"),
    ),
    _batch(
        "running_statistics_not_stored",
        _RUNNING,
        "The running statistics never move. (The lines below yours store what running_mean and running_var hold.)",
        "Print bn_param before and after a training call. Which names do the two lines below your code read?",
        (_NEW_MEAN, 'bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean'),
        (_NEW_VAR, 'bn_param["running_var"] = momentum * running_var + (1 - momentum) * var'),
    ),
    _batch(
        "running_statistics_are_the_last_batch",
        _RUNNING,
        "The running statistics are those of the last batch; the old ones are thrown away.",
        "Where do the batches before the last one come in?",
        (_NEW_MEAN, "running_mean = mean"),
        (_NEW_VAR, "running_var = var"),
    ),
    _batch(
        "running_statistics_summed",
        _RUNNING,
        "The batch's statistics are added without their weight, so that the running ones grow and grow.",
        "What should the running mean of a hundred equal batches be?",
        (_NEW_MEAN, "running_mean = momentum * running_mean + mean"),
        (_NEW_VAR, "running_var = momentum * running_var + var"),
    ),
    _batch(
        "running_std_instead_of_variance",
        _RUNNING,
        "running_var averages the standard deviation instead of the variance.",
        "Under which root will the test mode put running_var?",
        (_NEW_VAR, "running_var = momentum * running_var + (1 - momentum) * std"),
    ),
    _batch(
        "running_variance_unbiased",
        _RUNNING,
        "running_var averages the variance divided by N - 1; this course averages that of the forward pass.",
        "Which variance did you normalize with? The same one is asked for here.",
        (_NEW_VAR, "running_var = momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)"),
    ),
    _batch(
        "running_arrays_changed_in_place",
        _RUNNING,
        "The arrays that stood in bn_param are changed in place; a training call stores new ones.",
        "Who else may hold the array that `*=` changes?",
        (_NEW_MEAN, "running_mean *= momentum\n        running_mean += (1 - momentum) * mean"),
        (_NEW_VAR, "running_var *= momentum\n        running_var += (1 - momentum) * var"),
    ),
)

_TEST_OUT = "out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"

TEST_MODE = (
    _batch(
        "batch_statistics_at_test_time",
        _TEST,
        "The test mode normalizes with the statistics of its own batch.",
        "What should a row's output be if it comes alone, and what if it comes with others?",
        (_TEST_OUT, "out = gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta"),
    ),
    _batch(
        "running_statistics_updated_at_test_time",
        _TEST,
        "A test call moves the running statistics.",
        "Should what a net answers depend on the questions it was asked before?",
        (
            _TEST_OUT,
            f"{_TEST_OUT}\n"
            '        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * x.mean(axis=0)\n'
            '        bn_param["running_var"] = momentum * running_var + (1 - momentum) * x.var(axis=0)',
        ),
    ),
    _batch(
        "running_variance_without_root",
        _TEST,
        "The test mode divides by the running variance instead of by its square root.",
        "Compare with the training formula: what is a variance there turned into before it divides?",
        (_TEST_OUT, "out = gamma * (x - running_mean) / (running_var + eps) + beta"),
    ),
    _batch(
        "eps_missing_at_test_time",
        _TEST,
        "The test mode leaves eps out.",
        "Both modes use one formula. What is missing in one of them?",
        (_TEST_OUT, "out = gamma * (x - running_mean) / np.sqrt(running_var) + beta"),
    ),
    _batch(
        "no_scale_and_shift_at_test_time",
        _TEST,
        "The test mode normalizes, but leaves out gamma and beta.",
        "Would a net that has learned gamma and beta still be the same net without them?",
        (_TEST_OUT, "out = (x - running_mean) / np.sqrt(running_var + eps)"),
    ),
    _batch(
        "running_mean_forgotten_at_test_time",
        _TEST,
        "The test mode divides by the running standard deviation, but does not take off the running mean.",
        "How many running statistics are there, and where is each of them used?",
        (_TEST_OUT, "out = gamma * x / np.sqrt(running_var + eps) + beta"),
    ),
)

# What stands in front of the first line of each backward pass; the line itself is the same in both.
_UNPACK = '    """\n    _check_backward(dout, cache)\n    ### BEGIN SOLUTION batchnorm\n    x_hat, gamma, std = cache'
_IN_BACKWARD = f"and ``beta``.\n{_UNPACK}"
_IN_ALT = f"both take the same cache.\n{_UNPACK}"
_SUMS = "    dbeta = dout.sum(axis=0)\n    dgamma = (dout * x_hat).sum(axis=0)\n"
_START = f"{_SUMS}    dx_hat = dout * gamma"
_THROUGH_STD = "dcentred += dstd * x_hat / len(dout)"
_DSTD = "dstd = -(dx_hat * x_hat).sum(axis=0) / std"
_LAST = "dx = dcentred - dcentred.mean(axis=0)"


def _start(
    dbeta: str = "dout.sum(axis=0)", dgamma: str = "(dout * x_hat).sum(axis=0)", dx_hat: str = "dout * gamma"
) -> Edit:
    return _START, f"    dbeta = {dbeta}\n    dgamma = {dgamma}\n    dx_hat = {dx_hat}"


BACKWARD = (
    _batch(
        "mean_taken_as_constant",
        _BACKWARD,
        "dx treats the batch's mean as a constant, but the mean depends on every row of x.",
        "Add 1 to all rows: the output stays the same, so what must each column of dx sum to?",
        (_LAST, "dx = dcentred"),
    ),
    _batch(
        "variance_taken_as_constant",
        _BACKWARD,
        "dx treats the batch's variance as a constant, but the variance depends on every row of x.",
        "On how many paths does x reach the output? One of them leads through the standard deviation.",
        (_THROUGH_STD, "pass"),
    ),
    _batch(
        "statistics_taken_as_constants",
        _BACKWARD,
        "dx treats mean and variance as constants: only the direct path from x to the output is there.",
        "On how many paths does x reach the output?",
        (_THROUGH_STD, "pass"),
        (_LAST, "dx = dcentred"),
    ),
    _batch(
        "dgamma_with_inputs",
        _BACKWARD,
        "dgamma multiplies dout with the inputs x instead of the normalized values.",
        "What is gamma multiplied with in the forward pass?",
        ("cache = (x_hat, gamma, std)", "cache = (x_hat, gamma, std, x)"),
        (_IN_BACKWARD, _IN_BACKWARD.replace("std = cache", "std, x = cache")),
        (_IN_ALT, _IN_ALT.replace("std = cache", "std, _ = cache")),
        _start(dgamma="(dout * x).sum(axis=0)"),
    ),
    _batch(
        "dgamma_is_a_mean",
        _BACKWARD,
        "dgamma is averaged over the rows; it should be summed.",
        "gamma acts on every row. How do the gradients of several uses of one number combine?",
        _start(dgamma="(dout * x_hat).mean(axis=0)"),
    ),
    _batch(
        "dbeta_is_a_mean",
        _BACKWARD,
        "dbeta is averaged over the rows; it should be summed.",
        "beta is added to every row. How do the gradients of several uses of one number combine?",
        _start(dbeta="dout.mean(axis=0)"),
    ),
    _batch(
        "dbeta_over_the_features",
        _BACKWARD,
        "dbeta is summed over the features instead of over the rows.",
        "Which shape must the gradient of beta have?",
        _start(dbeta="dout.sum(axis=1)"),
    ),
    _batch(
        "dgamma_and_dbeta_exchanged",
        _BACKWARD,
        "dgamma and dbeta stand in each other's place.",
        "In which order are the gradients returned?",
        _start(dbeta="(dout * x_hat).sum(axis=0)", dgamma="dout.sum(axis=0)"),
    ),
    _batch(
        "gamma_forgotten_in_dx",
        _BACKWARD,
        "dx does not contain gamma.",
        "What happens to the output's slope when gamma is doubled?",
        _start(dx_hat="dout"),
    ),
    _batch(
        "dx_not_divided_by_std",
        _BACKWARD,
        "The direct path of dx is not divided by the standard deviation.",
        "Which number is the derivative of centred / std with respect to centred?",
        ("dcentred = dx_hat / std", "dcentred = dx_hat.copy()"),
    ),
    _batch(
        "dstd_with_wrong_sign",
        _BACKWARD,
        "The gradient of the standard deviation has the wrong sign.",
        "Does x_hat grow or shrink when the standard deviation grows?",
        (_DSTD, _DSTD.replace("-(", "(")),
    ),
    _batch(
        "average_of_variance_forgotten",
        _BACKWARD,
        "The variance is a mean over N rows, but its path through dx is not divided by N.",
        "Where is the 1/N of the variance after it was differentiated?",
        (_THROUGH_STD, "dcentred += dstd * x_hat"),
    ),
    _batch(
        "averaged_over_n_twice",
        _BACKWARD,
        "The path of dx through the mean is divided by N twice.",
        "What does `mean` divide by already?",
        (_LAST, "dx = dcentred - dcentred.mean(axis=0) / len(dout)"),
    ),
    _batch(
        "average_of_mean_forgotten",
        _BACKWARD,
        "The mean divides by N, but its path through dx is a sum that is not divided.",
        "By how much does the mean move when one row moves by 1?",
        (_LAST, "dx = dcentred - dcentred.sum(axis=0)"),
    ),
    _batch(
        "dout_changed_in_place",
        _BACKWARD,
        "dout itself is multiplied by gamma: `*=` changes the caller's array.",
        "Which array does `dout *= gamma` change?",
        (_START, f"{_SUMS}    dout *= gamma\n    dx_hat = dout"),
    ),
)

_CLOSED = "dx = gamma / (rows * std) * (rows * dout - dbeta - x_hat * dgamma)"
_ALT_SUMS = f"    rows = len(dout)\n{_SUMS}"

CLOSED_FORM = (
    _batch(
        "closed_form_without_dbeta",
        _ALT,
        "The closed form lacks its term with dbeta, which is the path through the mean.",
        "Count the terms in the bracket of the formula.",
        (_CLOSED, "dx = gamma / (rows * std) * (rows * dout - x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_without_dgamma",
        _ALT,
        "The closed form lacks its term with dgamma, which is the path through the variance.",
        "Count the terms in the bracket of the formula.",
        (_CLOSED, "dx = gamma / (rows * std) * (rows * dout - dbeta)"),
    ),
    _batch(
        "closed_form_not_averaged",
        _ALT,
        "The closed form is not divided by N.",
        "What stands under gamma in the formula?",
        (_CLOSED, "dx = gamma / std * (rows * dout - dbeta - x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_dout_without_n",
        _ALT,
        "In the bracket, dout stands without its factor N.",
        "If gamma is divided by N in front, what must the direct path be multiplied with inside?",
        (_CLOSED, "dx = gamma / (rows * std) * (dout - dbeta - x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_averaged_twice",
        _ALT,
        "The sums in the bracket are means already, and are divided by N a second time.",
        "Either sums inside and N in front, or means inside and no N in front: which do you have?",
        (_CLOSED, "dx = gamma / (rows * std) * (rows * dout - (dbeta + x_hat * dgamma) / rows)"),
    ),
    _batch(
        "closed_form_without_gamma",
        _ALT,
        "The closed form lacks gamma.",
        "What stands in front of the bracket?",
        (_CLOSED, "dx = 1 / (rows * std) * (rows * dout - dbeta - x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_with_variance",
        _ALT,
        "The closed form is divided by the variance instead of by the standard deviation.",
        "If all inputs are doubled, what happens to dx? And what does your formula say?",
        (_CLOSED, "dx = gamma / (rows * std**2) * (rows * dout - dbeta - x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_with_wrong_sign",
        _ALT,
        "In the bracket, the term with dgamma is added instead of subtracted.",
        "Does x_hat grow or shrink when the standard deviation grows?",
        (_CLOSED, "dx = gamma / (rows * std) * (rows * dout - dbeta + x_hat * dgamma)"),
    ),
    _batch(
        "closed_form_over_features",
        _ALT,
        "The closed form takes the number of features for N.",
        "Which axis of dout holds the rows?",
        (_ALT_SUMS, f"    rows = dout.shape[1]\n{_SUMS}"),
    ),
)

_LN_MEAN, _LN_STD = (
    "mean = x.mean(axis=1, keepdims=True)",
    "std = np.sqrt(x.var(axis=1, keepdims=True) + eps)",
)

LAYER_NORM = (
    _layer(
        "layernorm_over_the_batch",
        (*_LN_FORWARD, *_LN_BACKWARD),
        "The statistics are taken over the batch, as in batch normalization; here each row has its own.",
        "How many means should there be: N or D?",
        (_LN_MEAN, "mean = x.mean(axis=0, keepdims=True)"),
        (_LN_STD, "std = np.sqrt(x.var(axis=0, keepdims=True) + eps)"),
    ),
    _layer(
        "layernorm_variance_with_d_minus_1",
        _LN_FORWARD,
        "The variance of a row is divided by D - 1; layer normalization divides by D.",
        "Which variance should a row with a single feature have, and which one has yours?",
        (_LN_STD, "std = np.sqrt(x.var(axis=1, keepdims=True, ddof=1) + eps)"),
    ),
    _layer(
        "layernorm_without_root",
        (*_LN_FORWARD, *_LN_BACKWARD),
        "The centred rows are divided by their variance instead of by its square root.",
        "If all inputs are doubled, what happens to the variance, and what should happen to the output?",
        (_LN_STD, "std = x.var(axis=1, keepdims=True) + eps"),
    ),
    _layer(
        "layernorm_eps_outside_the_root",
        _LN_FORWARD,
        "eps is added after the root; it belongs to the variance, under the root.",
        "Read the formula again: what exactly stands under the root?",
        (_LN_STD, "std = np.sqrt(x.var(axis=1, keepdims=True)) + eps"),
    ),
    _layer(
        "layernorm_without_gamma",
        _LN_FORWARD,
        "The output is not multiplied by gamma.",
        "What should double when gamma is doubled?",
        (_OUT, "out = x_hat + beta\n"),
    ),
    _layer(
        "layernorm_without_beta",
        _LN_FORWARD,
        "beta is not added to the output.",
        "What is gamma * x_hat still missing?",
        (_OUT, "out = gamma * x_hat\n"),
    ),
    _layer(
        "layernorm_mean_not_subtracted",
        (*_LN_FORWARD, *_LN_BACKWARD),
        "The rows are divided by their standard deviation, but their mean is not taken off first.",
        "What is the mean of each row of your output when beta is 0?",
        (_HAT, "x_hat = x / std"),
    ),
    _layer(
        "layernorm_with_running_statistics",
        (*_LN_FORWARD, *_LN_BACKWARD),
        "Layer normalization keeps a running mean, but it has none: each row is normalized by itself.",
        "Would the running mean of other rows tell anything about this row?",
        (
            _LN_MEAN,
            f"{_LN_MEAN}\n"
            '    mean = 0.9 * ln_param.get("running_mean", 0.0) + 0.1 * mean\n'
            '    ln_param["running_mean"] = mean',
        ),
    ),
)

_LN_SUMS = "dgamma = (dout * x_hat).sum(axis=0)"
_LN_THROUGH_MEAN = "through_mean = dx_hat.mean(axis=1, keepdims=True)"
_LN_THROUGH_STD = "through_std = x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)"
_LN_DX = "dx = (dx_hat - through_mean - through_std) / std"

LAYER_NORM_BACKWARD = (
    _layer(
        "layernorm_backward_over_the_batch",
        _LN_BACKWARD,
        "dx sums over the batch, as in batch normalization; a row's statistics depend on this row only.",
        "Does row 0 of dx depend on row 1 of dout?",
        (_LN_THROUGH_MEAN, "through_mean = dx_hat.mean(axis=0)"),
        (_LN_THROUGH_STD, "through_std = x_hat * (dx_hat * x_hat).mean(axis=0)"),
    ),
    _layer(
        "layernorm_gamma_taken_out_of_the_sums",
        _LN_BACKWARD,
        "gamma is multiplied after the means were taken, as in the closed form of batch normalization; here it differs "
        "along the axis of the means.",
        "Over which axis do the means in dx run, and is gamma the same all along it?",
        ("dx_hat = dout * gamma", "dx_hat = dout"),
        (_LN_DX, "dx = gamma * (dx_hat - through_mean - through_std) / std"),
    ),
    _layer(
        "layernorm_mean_taken_as_constant",
        _LN_BACKWARD,
        "dx treats the mean of a row as a constant, but it depends on every entry of the row.",
        "Add 1 to all entries of a row: the output stays the same, so what must each row of dx sum to?",
        (_LN_DX, "dx = (dx_hat - through_std) / std"),
    ),
    _layer(
        "layernorm_variance_taken_as_constant",
        _LN_BACKWARD,
        "dx treats the variance of a row as a constant, but it depends on every entry of the row.",
        "On how many paths does an entry reach the outputs of its row?",
        (_LN_DX, "dx = (dx_hat - through_mean) / std"),
    ),
    _layer(
        "layernorm_averaged_over_rows",
        _LN_BACKWARD,
        "The sums over a row are divided by the number of rows; a row has D entries.",
        "How many numbers does the mean of a row average?",
        (_LN_THROUGH_MEAN, "through_mean = dx_hat.sum(axis=1, keepdims=True) / len(dout)"),
        (_LN_THROUGH_STD, "through_std = x_hat * (dx_hat * x_hat).sum(axis=1, keepdims=True) / len(dout)"),
    ),
    _layer(
        "layernorm_dgamma_over_features",
        _LN_BACKWARD,
        "dgamma is summed over the features; gamma belongs to features, so the sum runs over the rows.",
        "Which shape must the gradient of gamma have?",
        (_LN_SUMS, "dgamma = (dout * x_hat).sum(axis=1)"),
    ),
    _layer(
        "layernorm_dbeta_is_a_mean",
        _LN_BACKWARD,
        "dbeta is averaged over the rows; it should be summed.",
        "beta is added to every row. How do the gradients of several uses of one number combine?",
        ("dbeta = dout.sum(axis=0)", "dbeta = dout.mean(axis=0)"),
    ),
    _layer(
        "layernorm_dx_not_divided_by_std",
        _LN_BACKWARD,
        "dx is not divided by the standard deviation of the row.",
        "If all inputs are doubled, what happens to dx?",
        (_LN_DX, "dx = dx_hat - through_mean - through_std"),
    ),
)

LAYER_BUGS = (*TRAINING, *TEST_MODE, *BACKWARD, *CLOSED_FORM, *LAYER_NORM, *LAYER_NORM_BACKWARD)

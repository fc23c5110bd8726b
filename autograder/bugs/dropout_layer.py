"""Mistakes that classes make in the dropout layer."""

from __future__ import annotations

from .model import bugs_in

_MASK = "mask = (np.random.rand(*x.shape) < p).astype(x.dtype) / p"
_TEST = "        out = x\n"
_BACK = "dx = dout if mask is None else dout * mask"

_bug = bugs_in("dropout", "layers/dropout.py")

_TRAIN_ONLY = ("forward_train",)
_DRAWS = ("forward_train", "seeds")

_TRAINING = (
    _bug(
        "p_taken_for_the_chance_of_dropping",
        _DRAWS,
        "p is used as the probability of dropping a unit; here it is that of keeping one.",
        "With p = 0.9, should most units stay or go? See what the contract says about p.",
        (_MASK, "mask = (np.random.rand(*x.shape) < 1 - p).astype(x.dtype) / (1 - p)"),
    ),
    _bug(
        "kept_above_p",
        _DRAWS,
        "Units are kept where the draw is above p, which happens with probability 1 - p.",
        "How often is a number that is uniform on [0, 1) below p, and how often above?",
        (_MASK, "mask = (np.random.rand(*x.shape) > p).astype(x.dtype) / p"),
    ),
    _bug(
        "kept_values_not_scaled",
        _TRAIN_ONLY,
        "What is kept is not divided by p, so that the expected output is p times the input.",
        "Compare the mean of a large output with the mean of its input.",
        (_MASK, "mask = (np.random.rand(*x.shape) < p).astype(x.dtype)"),
    ),
    _bug(
        "multiplied_by_p",
        _TRAIN_ONLY,
        "What is kept is multiplied by p instead of divided by it.",
        "Fewer units are to give the same sum: must each become larger or smaller?",
        (_MASK, "mask = (np.random.rand(*x.shape) < p).astype(x.dtype) * p"),
    ),
    _bug(
        "divided_by_the_other_probability",
        _TRAIN_ONLY,
        "What is kept is divided by 1 - p, the probability of dropping.",
        "With p = 0.25 one unit of four remains: how many times its value makes up for the others?",
        (_MASK, "mask = (np.random.rand(*x.shape) < p).astype(x.dtype) / (1 - p)"),
    ),
    _bug(
        "divided_by_p_twice",
        ("forward_train", "backward"),
        "The output is divided by p twice: once in the mask, and once more.",
        "Which line divides by p? Is it the only one?",
        ("        out = x * mask\n", "        out = x * mask / p\n"),
    ),
    _bug(
        "divided_by_the_share_that_stayed",
        _TRAIN_ONLY,
        "What is kept is divided by the share of units that happened to stay, which differs from call to call.",
        "Is the number to divide by known before the draw, or only after it?",
        (
            _MASK,
            "mask = (np.random.rand(*x.shape) < p).astype(x.dtype)\n        mask = mask / max(mask.mean(), 1e-9)",
        ),
    ),
    _bug(
        "mask_holds_the_draws",
        _TRAIN_ONLY,
        "The random numbers themselves stand in the mask where a unit is kept.",
        "A comparison gives true or false. Which number should stand where it is true?",
        (
            _MASK,
            "mask = np.random.rand(*x.shape).astype(x.dtype)\n        mask = np.where(mask < p, mask, 0) / p",
        ),
    ),
    _bug(
        "one_mask_for_all_rows",
        _DRAWS,
        "One mask is drawn and used for every row of the batch.",
        "Which shape has the array of draws, and which shape has x?",
        (
            _MASK,
            "mask = np.broadcast_to(np.random.rand(*x.shape[1:]) < p, x.shape).astype(x.dtype) / p",
        ),
    ),
    _bug(
        "one_draw_for_each_row",
        _DRAWS,
        "One number is drawn for each row, so a row is kept or dropped as a whole.",
        "Dropout silences units. What is silenced when a whole row of the batch is 0?",
        (
            _MASK,
            "mask = np.random.rand(len(x), *[1] * (x.ndim - 1)) < p\n"
            "        mask = np.broadcast_to(mask, x.shape).astype(x.dtype) / p",
        ),
    ),
    _bug(
        "one_draw_for_the_layer",
        _DRAWS,
        "A single number is drawn, so that the layer is kept or dropped as a whole.",
        "How many numbers does np.random.rand() give without arguments?",
        (_MASK, "mask = np.full(x.shape, np.random.rand() < p).astype(x.dtype) / p"),
    ),
    _bug(
        "normal_draws",
        _DRAWS,
        "The draws are normal numbers, but only a uniform number is below p with probability p.",
        "Which of NumPy's functions draws uniformly between 0 and 1?",
        (_MASK, "mask = (np.random.randn(*x.shape) < p).astype(x.dtype) / p"),
    ),
    _bug(
        "always_one_half",
        _DRAWS,
        "Half of the units are dropped whatever p is.",
        "What changes in your lines when p does?",
        (_MASK, "mask = (np.random.rand(*x.shape) < 0.5).astype(x.dtype) / p"),
    ),
    _bug(
        "other_end_of_the_draws",
        ("seeds",),
        "Units are kept where the draw is above 1 - p: as often as it should be, but not where the contract says.",
        "With a seed, all of us should keep the same units. Which draws does the contract keep?",
        (_MASK, "mask = (np.random.rand(*x.shape) > 1 - p).astype(x.dtype) / p"),
    ),
    _bug(
        "generator_of_its_own",
        ("seeds",),
        "The mask comes from a generator of its own, so that the seed has no effect on it.",
        "Which generator does np.random.seed seed?",
        (_MASK, "mask = (np.random.default_rng().random(x.shape) < p).astype(x.dtype) / p"),
    ),
    _bug(
        "seeded_at_every_call",
        ("seeds",),
        "A fixed seed is set before the draw, so every call drops the same units.",
        "What do you see when the layer is called twice without a seed in dropout_param?",
        (_MASK, "np.random.seed(0)\n        " + _MASK),
    ),
    _bug(
        "seed_used_once",
        ("forward_train",),
        "The seed is removed from dropout_param, so only the first call of a net is seeded.",
        "What is left in dropout_param after your function has run?",
        ("        np.random.seed(seed)\n", '        np.random.seed(dropout_param.pop("seed"))\n'),
    ),
    _bug(
        "output_becomes_float64",
        _TRAIN_ONLY,
        "A float32 input comes out as float64, because the mask is a float64 array.",
        "What dtype has the quotient of an array of booleans and a number?",
        (_MASK, "mask = (np.random.rand(*x.shape) < p) / p"),
    ),
    _bug(
        "input_multiplied_in_place",
        _TRAIN_ONLY,
        "The caller's own array x is multiplied by the mask.",
        "Which array does *= write to? Who else may still need it?",
        ("        out = x * mask\n", "        x *= mask\n        out = x\n"),
    ),
    _bug(
        "drawn_twice",
        ("seeds", "backward"),
        "The output uses another draw than the mask that is kept for the way back.",
        "How many times is np.random.rand called in one training pass?",
        (
            "        out = x * mask\n",
            "        out = x * ((np.random.rand(*x.shape) < p).astype(x.dtype) / p)\n",
        ),
    ),
)

_AT_TEST = ("forward_test",)

_TESTING = (
    _bug(
        "test_output_times_p",
        _AT_TEST,
        "The output is multiplied by p at test time. The training pass has made up for p already.",
        "What is the expected value of a unit in training, and what is it at test time?",
        (_TEST, "        out = x * p\n"),
    ),
    _bug(
        "test_output_over_p",
        _AT_TEST,
        "The output is divided by p at test time, although all units are there.",
        "Why are kept units divided by p in training? Is there such a reason at test time?",
        (_TEST, "        out = x / p\n"),
    ),
    _bug(
        "test_output_times_chance_of_dropping",
        _AT_TEST,
        "The output is multiplied by 1 - p at test time.",
        "What is the expected value of a unit in training, and what is it at test time?",
        (_TEST, "        out = x * (1 - p)\n"),
    ),
    # before the next one, which draws as well: the first of two that explain the same is named
    _bug(
        "draw_at_test_time",
        _AT_TEST,
        "A mask is drawn at test time though it is not used; whatever is drawn next becomes another.",
        "Which lines need random numbers, and in which mode do they run?",
        (_TEST, "        np.random.rand(*x.shape)\n        out = x\n"),
    ),
    _bug(
        "mask_at_test_time",
        _AT_TEST,
        "Units are dropped at test time too, so one input gives other scores at every call.",
        "Should a trained net answer the same question twice in the same way?",
        (_TEST, "        out = x * ((np.random.rand(*x.shape) < p).astype(x.dtype) / p)\n"),
    ),
    _bug(
        "nothing_left_at_test_time",
        ("forward_test",),
        "All units are silenced at test time.",
        "Which units take part when the trained net is used?",
        (_TEST, "        out = np.zeros_like(x)\n"),
    ),
)

_BACKWARD = (
    _bug(
        "backward_without_mask",
        ("backward",),
        "The upstream gradient passes unchanged, also to units that were dropped.",
        "How does the loss change when the input of a dropped unit moves a little?",
        (_BACK, "dx = dout"),
    ),
    _bug(
        "backward_divides_by_p_again",
        ("backward",),
        "The gradient is divided by p once more; the mask holds 1 / p already.",
        "out is x times which number? That number is the derivative.",
        (_BACK, 'dx = dout if mask is None else dout * mask / cache[0]["p"]'),
    ),
    _bug(
        "backward_without_scale",
        ("backward",),
        "The gradient of a kept unit is passed on without the factor 1 / p.",
        "out is x times which number? That number is the derivative.",
        (_BACK, "dx = dout if mask is None else np.where(mask > 0, dout, np.zeros_like(dout))"),
    ),
    _bug(
        "backward_times_p_after_a_test_pass",
        ("backward",),
        "After a test pass the gradient is multiplied by p, but the output was the input itself.",
        "What is the derivative of out = x?",
        (_BACK, 'dx = dout * cache[0]["p"] if mask is None else dout * mask'),
    ),
    _bug(
        "backward_reads_the_mode_of_now",
        ("backward",),
        "The mode is looked up in the dict again, which may have changed since the forward pass.",
        "What in the cache tells for certain which mode the forward pass had?",
        (_BACK, 'dx = dout * mask if cache[0]["mode"] == "train" else dout'),
    ),
    _bug(
        "backward_draws_again",
        ("backward",),
        "The way back draws a mask of its own, so the gradient goes to other units than took part.",
        "Which units had an influence on the loss: those of a new draw, or those of the forward pass?",
        (_BACK, "dx = dropout_forward(dout, cache[0])[0]"),
    ),
    _bug(
        "gradient_multiplied_in_place",
        ("backward",),
        "The caller's own array dout is multiplied by the mask.",
        "Which array does *= write to? Who else may still need it?",
        (_BACK, "dx = dout\n    if mask is not None:\n        dx *= mask"),
    ),
    _bug(
        "backward_returns_the_mask",
        ("backward",),
        "The layer's own derivative is returned; the upstream gradient is missing from the product.",
        "The chain rule has two factors: which of them is dout?",
        (_BACK, "dx = dout if mask is None else mask"),
    ),
    _bug(
        "backward_sign",
        ("backward",),
        "The gradient of a training pass has the wrong sign.",
        "If a kept input grows a little, does its output grow or shrink?",
        (_BACK, "dx = dout if mask is None else -dout * mask"),
    ),
    _bug(
        "backward_to_the_dropped_units",
        ("backward",),
        "The gradient goes to the units that were dropped instead of those that were kept.",
        "Which units had an influence on the loss?",
        (_BACK, 'dx = dout if mask is None else np.where(mask == 0, dout / cache[0]["p"], 0 * dout)'),
    ),
)

LAYER_BUGS = (*_TRAINING, *_TESTING, *_BACKWARD)

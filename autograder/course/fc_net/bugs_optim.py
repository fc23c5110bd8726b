"""Mistakes that classes make in the update rules."""

from __future__ import annotations

from autograder.judging.edited_reference import NamedBug, bugs_in

_optim = bugs_in("fc_net", "optim.py")


def _bug(rule: str, name: str, explanation: str, hint: str, *edits: tuple[str, str]) -> NamedBug:
    return _optim(f"{rule}_{name}", (rule,), explanation, hint, *edits)


_VELOCITY = 'velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw\n'
_STORE_AND_STEP = '    config["velocity"] = velocity\n    return w + velocity, config\n'
_MOMENTUM = (
    (
        "goes_uphill",
        "sgd_momentum adds the gradient to the velocity, so it goes uphill.",
        "In which direction does the loss fall?",
        (_VELOCITY, _VELOCITY.replace(" - config", " + config")),
    ),
    (
        "steps_against_velocity",
        "sgd_momentum subtracts the velocity from w, but the velocity holds the minus sign already.",
        "How often does a minus sign occur between the gradient and the new w?",
        (_STORE_AND_STEP, _STORE_AND_STEP.replace("w + velocity", "w - velocity")),
    ),
    (
        "velocity_not_stored",
        "sgd_momentum does not store the new velocity in the config.",
        "What does the rule know of this step when it is called for the next one?",
        (_STORE_AND_STEP, "    return w + velocity, config\n"),
    ),
    (
        "ignores_velocity",
        "sgd_momentum starts each step from rest: the old velocity is not used.",
        "Which part of the step does not depend on today's gradient?",
        (_VELOCITY, 'velocity = -config["learning_rate"] * dw\n'),
    ),
    (
        "averages_the_gradient",
        "sgd_momentum weighs the new gradient with 1 - momentum, as a running average does.",
        "Compare the two terms of the formula with yours: which factor stands before the gradient?",
        (
            _VELOCITY,
            'velocity = config["momentum"] * config["velocity"]\n'
            '    velocity = velocity - (1 - config["momentum"]) * config["learning_rate"] * dw\n',
        ),
    ),
    (
        "looks_ahead",
        "sgd_momentum takes the step of Nesterov's momentum, which looks one velocity ahead.",
        "That is another rule. Here the step is the new velocity and nothing else.",
        (
            _STORE_AND_STEP,
            '    config["velocity"] = velocity\n'
            '    return w + config["momentum"] * velocity - config["learning_rate"] * dw, config\n',
        ),
    ),
    (
        "changes_w",
        "sgd_momentum changes the array w that it was given, but it is to return a new one.",
        "What is the difference between w += v and w + v?",
        (_STORE_AND_STEP, '    config["velocity"] = velocity\n    w += velocity\n    return w, config\n'),
    ),
    (
        "learning_rate_on_the_whole_velocity",
        "sgd_momentum multiplies the whole velocity by the learning rate, old part included.",
        "In the formula the learning rate stands before one of the two terms: which?",
        (
            _VELOCITY,
            'velocity = config["learning_rate"] * (config["momentum"] * config["velocity"] - dw)\n',
        ),
    ),
)

_AVERAGE = 'cache = decay * config["cache"] + (1 - decay) * dw**2\n'
_ROOT = '    return w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"]), config\n'
_RMSPROP = (
    (
        "decay_swapped",
        "rmsprop gives the weight decay_rate to the new square and the rest to the old average.",
        "With a decay rate of 0.99, should the average change fast or slowly?",
        (_AVERAGE, 'cache = (1 - decay) * config["cache"] + decay * dw**2\n'),
    ),
    (
        "epsilon_inside_the_root",
        "rmsprop adds epsilon under the root.",
        "The contract says on which side of the root epsilon stands.",
        (_ROOT, _ROOT.replace('(np.sqrt(cache) + config["epsilon"])', 'np.sqrt(cache + config["epsilon"])')),
    ),
    (
        "divides_by_the_old_average",
        "rmsprop divides by the average from before this step.",
        "What does the old average say in the very first step?",
        (
            '    config["cache"] = cache\n' + _ROOT,
            '    old, config["cache"] = config["cache"], cache\n'
            + _ROOT.replace("np.sqrt(cache)", "np.sqrt(old)"),
        ),
    ),
    (
        "cache_not_stored",
        "rmsprop does not store the new average in the config.",
        "What does the rule know of this step when it is called for the next one?",
        ('    config["cache"] = cache\n' + _ROOT, _ROOT),
    ),
    (
        "average_of_the_gradient",
        "rmsprop averages the gradient itself instead of its square.",
        "Root mean square: which of the three words is missing?",
        (_AVERAGE, _AVERAGE.replace("dw**2", "np.abs(dw)")),
    ),
    (
        "without_root",
        "rmsprop divides by the mean square, without taking the root.",
        "If all gradients were ten times as large, should the step change?",
        (_ROOT, _ROOT.replace("np.sqrt(cache)", "cache")),
    ),
    (
        "adds_squares_up",
        "rmsprop adds the squares up for ever, as AdaGrad does, instead of averaging them.",
        "What becomes of the steps when the cache can only grow?",
        (_AVERAGE, 'cache = config["cache"] + dw**2\n'),
    ),
    (
        "without_epsilon",
        "rmsprop divides without epsilon, which makes 0/0 where a gradient has always been 0.",
        "Think of a weight at the border of an image that is black in all pictures.",
        (_ROOT, _ROOT.replace(' + config["epsilon"]', "")),
    ),
    (
        "changes_w",
        "rmsprop changes the array w that it was given, but it is to return a new one.",
        "What is the difference between w -= step and w - step?",
        (
            _ROOT,
            '    w -= config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])\n    return w, config\n',
        ),
    ),
)

_COUNT = '    config["t"] += 1\n'
_M = 'config["m"] = beta1 * config["m"] + (1 - beta1) * dw\n'
_V = 'config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2\n'
_M_HAT = 'm_hat = config["m"] / (1 - beta1 ** config["t"])\n'
_V_HAT = 'v_hat = config["v"] / (1 - beta2 ** config["t"])\n'
_STEP = 'w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])'
_ADAM = (
    (
        "does_not_count",
        "adam never counts t up.",
        "What is 1 - beta1**t in the first step, if t is still 0?",
        (_COUNT, ""),
    ),
    (
        "counts_after_the_step",
        "adam uses t for the correction before counting it up.",
        "The first call must work with t = 1.",
        (_COUNT, ""),
        (_M_HAT, _M_HAT + '    config["t"] += 1\n'),
        (_V_HAT, 'v_hat = config["v"] / (1 - beta2 ** (config["t"] - 1))\n'),
    ),
    (
        "without_correction",
        "adam uses the averages without the correction for their start at 0.",
        "How large is m after one step with the gradient 1 and beta1 = 0.9?",
        (_M_HAT, 'm_hat = config["m"]\n'),
        (_V_HAT, 'v_hat = config["v"]\n'),
    ),
    (
        "corrects_m_only",
        "adam corrects m for its start at 0, but not v.",
        "Both averages start at 0.",
        (_V_HAT, 'v_hat = config["v"]\n'),
    ),
    (
        "stores_corrected_averages",
        "adam stores the corrected averages in the config, so the next step corrects them again.",
        "Which of the two does the next step average with: m, or m with a hat?",
        (
            _V_HAT,
            _V_HAT + '    config["m"], config["v"] = m_hat, v_hat\n',
        ),
    ),
    (
        "betas_exchanged",
        "adam uses beta1 for the squares and beta2 for the gradients.",
        "Which of the two averages has the longer memory?",
        (
            'beta1, beta2 = config["beta1"], config["beta2"]',
            'beta2, beta1 = config["beta1"], config["beta2"]',
        ),
    ),
    (
        "weights_swapped",
        "adam gives the weight beta to the new value and the rest to the old average.",
        "With beta1 = 0.9, should m change fast or slowly?",
        (_M, 'config["m"] = (1 - beta1) * config["m"] + beta1 * dw\n'),
        (_V, 'config["v"] = (1 - beta2) * config["v"] + beta2 * dw**2\n'),
    ),
    (
        "epsilon_inside_the_root",
        "adam adds epsilon under the root.",
        "The contract says on which side of the root epsilon stands.",
        (_STEP, _STEP.replace('(np.sqrt(v_hat) + config["epsilon"])', 'np.sqrt(v_hat + config["epsilon"])')),
    ),
    (
        "squares_missing",
        "adam averages the size of the gradient for v instead of its square.",
        "v is a mean of squares, and the step divides by its root.",
        (_V, _V.replace("dw**2", "np.abs(dw)")),
    ),
    (
        "steps_along_the_gradient",
        "adam moves along the gradient of this step instead of along the average m.",
        "Where does momentum come into the step?",
        (_STEP, _STEP.replace("m_hat", "dw")),
    ),
    (
        "changes_w",
        "adam changes the array w that it was given, but it is to return a new one.",
        "What is the difference between w -= step and w - step?",
        (
            f"    return {_STEP}, config\n",
            '    w -= config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])\n    return w, config\n',
        ),
    ),
    (
        "returns_a_new_config",
        "adam writes its averages into a copy of the config and leaves the one that was passed as it was.",
        "The caller may look into the dict that it passed: which dict do your assignments change?",
        (_COUNT, "    config = dict(config)\n" + _COUNT),
    ),
)

BUGS = (
    *(_bug("sgd_momentum", *bug) for bug in _MOMENTUM),
    *(_bug("rmsprop", *bug) for bug in _RMSPROP),
    *(_bug("adam", *bug) for bug in _ADAM),
)

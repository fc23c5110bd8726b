"""Mistakes that classes make in fooling images."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

bug = bugs_in("network_visualization", "net_visualization.py")

_BOTH = ("fooling_image", "fooling_limit")
_PATH = ("fooling_image",)
_ASCENT = "X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)"
_TARGET = "(gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)"
_STOP = "        if scores[0].argmax() == target_y:\n            return X_fooling.detach()\n"
_START = "X_fooling = X.clone().requires_grad_()"
_STEP_LINES = (
    "        (gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)\n"
    "        with torch.no_grad():\n"
    "            X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)\n"
)

BUGS = (
    bug(
        "fooling_descends",
        _BOTH,
        "The image never comes nearer: it goes down the target's gradient, or up that of another class.",
        "Print the target's score after every step. Is it to rise or to fall?",
        (_ASCENT, _ASCENT.replace("+=", "-=")),
    ),
    bug(
        "fooling_not_normalized",
        _PATH,
        "The gradient is added as it is, so the length of a step depends on the model.",
        "How long is a step to be?",
        (_ASCENT, "X_fooling += learning_rate * gradient"),
    ),
    bug(
        "fooling_normalized_by_largest_entry",
        _PATH,
        "The gradient is divided by its largest entry instead of by its length.",
        "Which norm has the 2 as its index?",
        (_ASCENT, _ASCENT.replace("gradient.norm()", "gradient.abs().max()")),
    ),
    bug(
        "fooling_normalized_by_squares",
        _PATH,
        "The gradient is divided by the sum of its squares; the root is missing.",
        "Compute the length of what you add: is it the learning rate?",
        (_ASCENT, _ASCENT.replace("gradient.norm()", "gradient.square().sum()")),
    ),
    bug(
        "fooling_by_signs",
        _PATH,
        "Every pixel moves by the same amount: the sign of the gradient is added.",
        "That is another method, the fast gradient sign. Which direction is asked for here?",
        (_ASCENT, "X_fooling += learning_rate * gradient.sign()"),
    ),
    bug(
        "fooling_climbs_the_probability",
        _BOTH,
        "The gradient of the target's probability, or of its logarithm, is climbed instead of that of its score.",
        "What is the gradient of a softmax where another class has nearly all of the probability?",
        (_TARGET, "(gradient,) = torch.autograd.grad(scores.softmax(dim=1)[0, target_y], X_fooling)"),
    ),
    bug(
        "fooling_climbs_the_difference",
        _PATH,
        "The difference between the target's score and the highest is climbed, not the target's score alone.",
        "A clever shortcut, but another direction: whose gradient does the task name?",
        (_TARGET, "(gradient,) = torch.autograd.grad(scores[0, target_y] - scores[0].max(), X_fooling)"),
    ),
    bug(
        "fooling_from_zeros",
        _BOTH,
        "The way begins at an image of zeros, so what comes out is no change of X.",
        "From which image is the model to be led astray?",
        (_START, "X_fooling = torch.zeros_like(X).requires_grad_()"),
    ),
    bug(
        "fooling_changes_its_input",
        ("fooling_limit",),
        "X itself is changed on the way.",
        "detach() gives another view of the same numbers: what gives numbers of its own?",
        (_START, "X_fooling = X.detach().requires_grad_()"),
    ),
    bug(
        "fooling_gradient_stays",
        _PATH,
        "The gradient is not cleared between the steps, so all earlier ones are added to it.",
        "What does backward() do to a gradient that is there already?",
        (_TARGET, "scores[0, target_y].backward()\n        gradient = X_fooling.grad"),
    ),
    bug(
        "fooling_one_step_late",
        _PATH,
        "One step more is made after the image is taken for the target, or although it was from the start.",
        "When are the scores looked at: before the step or after it?",
        (_STOP + _STEP_LINES, _STEP_LINES + _STOP),
    ),
    bug(
        "fooling_one_step_early",
        _BOTH,
        "The image that is returned is the one before the last step, which does not fool the model yet.",
        "Classify what you return: what does the model say?",
        (_START, _START + "\n    before = X_fooling.detach().clone()"),
        (_STOP, _STOP.replace("X_fooling.detach()", "before")),
        (
            "        with torch.no_grad():\n            X_fooling",
            "        before = X_fooling.detach().clone()\n        with torch.no_grad():\n            X_fooling",
        ),
    ),
    bug(
        "fooling_until_sure",
        _PATH,
        "The steps go on until the target has most of the probability.",
        "It is enough that the target has the highest score.",
        ("if scores[0].argmax() == target_y:", "if scores.softmax(dim=1)[0, target_y] > 0.9:"),
    ),
    bug(
        "fooling_all_steps",
        _BOTH,
        "All 100 steps are made, even after the image is taken for the target.",
        "When is the work done?",
        (_STOP, ""),
        (
            '    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")\n',
            "    return X_fooling.detach()\n",
        ),
    ),
    bug(
        "fooling_without_limit",
        ("fooling_limit",),
        "There is no limit to the number of steps.",
        "What happens when the target is out of reach?",
        ("for _ in range(max_steps + 1):", "for _ in range(10_000):"),
    ),
    bug(
        "fooling_last_step_not_looked_at",
        ("fooling_limit",),
        "100 steps are made, but what the last one leads to is never looked at.",
        "How often are the scores looked at in 100 steps: before each one, after each one, or both?",
        ("range(max_steps + 1)", "range(max_steps)"),
    ),
    bug(
        "fooling_one_step_too_many",
        ("fooling_limit",),
        "A 101st step is made.",
        "Count for a limit of one step: how many does your loop make?",
        ("range(max_steps + 1)", "range(max_steps + 2)"),
    ),
    bug(
        "fooling_gives_up_silently",
        ("fooling_limit",),
        "After 100 steps an image is returned although it does not fool the model.",
        "How does the caller learn that it did not work?",
        (
            '    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")\n',
            "    return X_fooling.detach()\n",
        ),
    ),
    bug(
        "fooling_gives_up_too_early",
        ("fooling_limit",),
        "The search ends long before 100 steps.",
        "How many steps are allowed?",
        ("range(max_steps + 1)", "range(max_steps // 2)"),
    ),
    bug(
        "fooling_image_with_gradient",
        ("fooling_limit",),
        "The returned image still requires a gradient.",
        "What would the caller's next computation with it record?",
        ("return X_fooling.detach()", "return X_fooling"),
    ),
    bug(
        "fooling_in_training_mode",
        _BOTH,
        "The model is put into training mode, in which dropout and batch normalization behave differently.",
        "Is the model to learn anything here?",
        (f"    {_START}", f"    model.train()\n    {_START}"),
    ),
)

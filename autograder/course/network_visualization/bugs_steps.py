"""Mistakes that classes make in the step of a class visualization."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

bug = bugs_in("network_visualization", "net_visualization.py")

_RULES = ("visualization_step", "visualization_in_place")
_STEP = ("visualization_step",)
_OBJECTIVE = "objective = model(img)[0, target_y] - l2_reg * img.square().sum()"
_CLIMB = "img += learning_rate * gradient / gradient.norm().clamp_min(1e-12)"
_GRADIENT = "(gradient,) = torch.autograd.grad(objective, img)"

BUGS = (
    bug(
        "visualization_descends",
        _RULES,
        "The image goes down the gradient, so the score falls.",
        "The score is no loss. Is it to rise or to fall?",
        (_CLIMB, _CLIMB.replace("+=", "-=")),
    ),
    bug(
        "visualization_not_normalized",
        _STEP,
        "The gradient is added as it is, so the length of the step depends on the model.",
        "How long is a step to be?",
        (_CLIMB, "img += learning_rate * gradient"),
    ),
    bug(
        "visualization_normalized_by_largest_entry",
        _STEP,
        "The gradient is divided by its largest entry instead of by its length.",
        "Which norm has the 2 as its index?",
        (_CLIMB, _CLIMB.replace("gradient.norm()", "gradient.abs().max()")),
    ),
    bug(
        "visualization_penalty_added",
        _STEP,
        "The penalty is added to the score instead of taken off, so large pixels are rewarded.",
        "What is to become small while the score becomes large?",
        (_OBJECTIVE, _OBJECTIVE.replace("- l2_reg", "+ l2_reg")),
    ),
    bug(
        "visualization_penalty_without_2",
        _STEP,
        "The gradient of the penalty lacks the factor 2.",
        "Differentiate the square of one pixel.",
        (_OBJECTIVE, _OBJECTIVE.replace("- l2_reg", "- 0.5 * l2_reg")),
    ),
    bug(
        "visualization_penalty_on_the_length",
        _STEP,
        "The length of the image is penalized instead of its square.",
        "Look at the two 2s of the penalty: one says which norm, and the other?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.norm()")),
    ),
    bug(
        "visualization_penalty_averaged",
        _STEP,
        "The mean of the squared pixels is penalized instead of their sum.",
        "Is anything divided by the number of pixels in the formula?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.square().mean()")),
    ),
    bug(
        "visualization_penalty_on_absolute_values",
        _STEP,
        "The sum of the absolute pixels is penalized instead of that of their squares.",
        "Which norm is meant by the index 2?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.abs().sum()")),
    ),
    bug(
        "visualization_without_penalty",
        _STEP,
        "The penalty is left out.",
        "What is the argument l2_reg for?",
        (_OBJECTIVE, "objective = model(img)[0, target_y]"),
    ),
    bug(
        "visualization_penalty_on_the_score",
        _STEP,
        "The score is penalized instead of the image.",
        "Whose size is to be kept small?",
        (
            _OBJECTIVE,
            "score = model(img)[0, target_y]\n    objective = score - l2_reg * score.square()",
        ),
    ),
    bug(
        "visualization_penalty_outside_of_the_norm",
        _STEP,
        "Only the gradient of the score is divided by its length; the penalty's is added afterwards.",
        "Of which gradient does the task name the length?",
        (_OBJECTIVE, "objective = model(img)[0, target_y]"),
        (
            _CLIMB,
            "img += learning_rate * (gradient / gradient.norm().clamp_min(1e-12) - 2 * l2_reg * img)",
        ),
    ),
    bug(
        "visualization_of_probability",
        _RULES,
        "The probability of the class is climbed instead of its score.",
        "A probability can rise by making all other classes unlikely. Which quantity is asked for?",
        (_OBJECTIVE, _OBJECTIVE.replace("model(img)", "model(img).softmax(dim=1)")),
    ),
    bug(
        "visualization_of_log_probability",
        _RULES,
        "The log-probability of the class is climbed instead of its score.",
        "Which one number of the model's output is to rise? The others have no say.",
        (_OBJECTIVE, _OBJECTIVE.replace("model(img)", "model(img).log_softmax(dim=1)")),
    ),
    bug(
        "visualization_of_the_winner",
        _RULES,
        "The score of the class that is highest already is climbed instead of that of the class asked for.",
        "What is the argument target_y for?",
        (_OBJECTIVE, _OBJECTIVE.replace("[0, target_y]", "[0].max()")),
    ),
    bug(
        "visualization_of_a_new_image",
        ("visualization_in_place",),
        "A new image is made and returned; the one that was handed over stays as it is.",
        "Which image does the caller go on with?",
        (_CLIMB, _CLIMB.replace("img +=", "img = img +") + "\n    return img"),
    ),
    bug(
        "visualization_gradient_stays",
        ("visualization_in_place",),
        "The gradient is not cleared, so the next step adds its own to it.",
        "What does backward() do to a gradient that is there already?",
        (_GRADIENT, "objective.backward()\n    gradient = img.grad"),
    ),
    bug(
        "visualization_divides_by_zero",
        ("visualization_in_place",),
        "A gradient of zeros is divided by its length 0, and the image becomes NaN.",
        "How can a division stay defined without changing any other result?",
        (_CLIMB, _CLIMB.replace(".clamp_min(1e-12)", "")),
    ),
    bug(
        "visualization_learning_rate_fixed",
        _STEP,
        "The step has length 1 whatever the learning rate is.",
        "Which of the arguments does your code not use?",
        (_CLIMB, _CLIMB.replace("learning_rate * ", "")),
    ),
)

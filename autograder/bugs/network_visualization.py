"""Mistakes that classes make with gradients of pixels."""

from __future__ import annotations

from .model import NamedBug

_API = tuple((name, "nndl.torch_arrays") for name in ("saliency_maps", "fooling_image", "visualization_step"))


def _bug(
    name: str, concerns: tuple[str, ...], explanation: str, hint: str, *edits: tuple[str, str]
) -> NamedBug:
    return NamedBug(name, "net_visualization.py", edits, explanation, hint, concerns, _API)


_MAPS = ("saliency_maps",)
_SUM = "(gradient,) = torch.autograd.grad(scores.sum(), X)"
_MAXIMUM = "return gradient.abs().amax(dim=1)"
_GATHER = "scores = gather_example(model(X), y)"

_SALIENCY = (
    _bug(
        "saliency_of_all_classes",
        _MAPS,
        "The scores of all classes are summed, so the maps show what acts on any class.",
        "Which one of an image's scores is the map about?",
        (_GATHER, "scores = model(X)"),
    ),
    _bug(
        "saliency_of_the_winner",
        _MAPS,
        "The maps belong to the class with the highest score instead of the class y.",
        "What should the map of a misclassified image say?",
        (_GATHER, "scores = model(X).amax(dim=1)"),
    ),
    _bug(
        "saliency_of_all_labels",
        _MAPS,
        "Every image's map takes the classes of all images of the batch together.",
        "What is the shape of what you sum? N numbers are wanted, one of each row.",
        (_GATHER, "scores = model(X)[:, y]"),
    ),
    _bug(
        "saliency_of_the_first_image",
        _MAPS,
        "The backward pass starts from the first image's score only, so all other maps are 0.",
        "The score of an image says nothing on the pixels of another: how do all scores come into one number?",
        (_SUM, "(gradient,) = torch.autograd.grad(scores[0], X)"),
    ),
    _bug(
        "saliency_averaged",
        _MAPS,
        "The backward pass starts from the mean of the scores, which divides every map by N.",
        "Would an image's map change if it came alone?",
        (_SUM, "(gradient,) = torch.autograd.grad(scores.mean(), X)"),
    ),
    _bug(
        "saliency_of_probabilities",
        _MAPS,
        "The gradient of the softmax probability is taken instead of that of the score.",
        "A probability also rises when the other classes' scores fall. Which quantity is asked for?",
        (_GATHER, "scores = gather_example(model(X).softmax(dim=1), y)"),
    ),
    _bug(
        "saliency_of_the_loss",
        _MAPS,
        "The gradient of the cross entropy is taken instead of that of the score.",
        "Training needs a loss; what does a saliency map need?",
        (_GATHER, "scores = gather_example(-model(X).log_softmax(dim=1), y)"),
    ),
    _bug(
        "saliency_without_absolute_value",
        _MAPS,
        "The maximum over the channels is taken of the derivatives with their signs, without absolute values.",
        "Does a pixel matter less when its score falls as it gets brighter?",
        (_MAXIMUM, "return gradient.amax(dim=1)"),
    ),
    _bug(
        "saliency_absolute_value_last",
        _MAPS,
        "The absolute value is taken after the maximum, so a large negative derivative loses against a small one.",
        "Try it with the three derivatives -5, 1 and 0: which number should the map show?",
        (_MAXIMUM, "return gradient.amax(dim=1).abs()"),
    ),
    _bug(
        "saliency_summed_over_channels",
        _MAPS,
        "The absolute derivatives are summed over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.abs().sum(dim=1)"),
    ),
    _bug(
        "saliency_averaged_over_channels",
        _MAPS,
        "The absolute derivatives are averaged over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.abs().mean(dim=1)"),
    ),
    _bug(
        "saliency_length_over_channels",
        _MAPS,
        "The maps hold the length of the gradient over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.norm(dim=1)"),
    ),
    _bug(
        "saliency_maximum_over_the_batch",
        _MAPS,
        "The maximum is taken over the images of the batch instead of over the channels.",
        "Write the shape of the gradient beside its line. Which axis must go?",
        (_MAXIMUM, "return gradient.abs().amax(dim=0)"),
    ),
    _bug(
        "saliency_without_batch_axis",
        _MAPS,
        "The maps of a batch of one image come without their batch axis.",
        "What else does squeeze() remove when N is 1?",
        (_MAXIMUM, "return gradient.abs().amax(dim=1).squeeze()"),
    ),
    _bug(
        "saliency_scaled",
        _MAPS,
        "The maps are divided by their largest entry.",
        "Scaling belongs to the figure. What are the values that are asked for?",
        (_MAXIMUM, "gradient = gradient.abs().amax(dim=1)\n    return gradient / gradient.max()"),
    ),
    _bug(
        "saliency_gradient_stays",
        _MAPS,
        "X keeps its gradient after the call, so a second call adds its own to it.",
        "Whose tensor is X, and who calls your function next?",
        ("    X = X.detach().clone().requires_grad_()\n", "    X.requires_grad_()\n"),
        (_SUM, "scores.sum().backward()\n    gradient = X.grad"),
    ),
    _bug(
        "saliency_in_training_mode",
        _MAPS,
        "The model is put into training mode, in which dropout and batch normalization behave differently.",
        "Is the model to learn anything here?",
        (f"    {_GATHER}", f"    model.train()\n    {_GATHER}"),
    ),
)

_BOTH = ("fooling_image", "fooling_limit")
_PATH = ("fooling_image",)
_ASCENT = "X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)"
_TARGET = "(gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)"
_STOP = "        if scores[0].argmax() == target_y:\n            return X_fooling.detach()\n"
_START = "X_fooling = X.detach().clone().requires_grad_()"
_STEP_LINES = (
    "        (gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)\n"
    "        with torch.no_grad():\n"
    "            X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)\n"
)

_FOOLING = (
    _bug(
        "fooling_descends",
        _BOTH,
        "The image never comes nearer: it goes down the target's gradient, or up that of another class.",
        "Print the target's score after every step. Is it to rise or to fall?",
        (_ASCENT, _ASCENT.replace("+=", "-=")),
    ),
    _bug(
        "fooling_not_normalized",
        _PATH,
        "The gradient is added as it is, so the length of a step depends on the model.",
        "How long is a step to be?",
        (_ASCENT, "X_fooling += learning_rate * gradient"),
    ),
    _bug(
        "fooling_normalized_by_largest_entry",
        _PATH,
        "The gradient is divided by its largest entry instead of by its length.",
        "Which norm has the 2 as its index?",
        (_ASCENT, _ASCENT.replace("gradient.norm()", "gradient.abs().max()")),
    ),
    _bug(
        "fooling_normalized_by_squares",
        _PATH,
        "The gradient is divided by the sum of its squares; the root is missing.",
        "Compute the length of what you add: is it the learning rate?",
        (_ASCENT, _ASCENT.replace("gradient.norm()", "gradient.square().sum()")),
    ),
    _bug(
        "fooling_by_signs",
        _PATH,
        "Every pixel moves by the same amount: the sign of the gradient is added.",
        "That is another method, the fast gradient sign. Which direction is asked for here?",
        (_ASCENT, "X_fooling += learning_rate * gradient.sign()"),
    ),
    _bug(
        "fooling_climbs_the_probability",
        _BOTH,
        "The gradient of the target's probability, or of its logarithm, is climbed instead of that of its score.",
        "What is the gradient of a softmax where another class has nearly all of the probability?",
        (_TARGET, "(gradient,) = torch.autograd.grad(scores.softmax(dim=1)[0, target_y], X_fooling)"),
    ),
    _bug(
        "fooling_climbs_the_difference",
        _PATH,
        "The difference between the target's score and the highest is climbed, not the target's score alone.",
        "A clever shortcut, but another direction: whose gradient does the task name?",
        (_TARGET, "(gradient,) = torch.autograd.grad(scores[0, target_y] - scores[0].max(), X_fooling)"),
    ),
    _bug(
        "fooling_from_zeros",
        _BOTH,
        "The way begins at an image of zeros, so what comes out is no change of X.",
        "From which image is the model to be led astray?",
        (_START, "X_fooling = torch.zeros_like(X).requires_grad_()"),
    ),
    _bug(
        "fooling_changes_its_input",
        ("fooling_limit",),
        "X itself is changed on the way.",
        "detach() gives another view of the same numbers: what gives numbers of its own?",
        (_START, "X_fooling = X.detach().requires_grad_()"),
    ),
    _bug(
        "fooling_gradient_stays",
        _PATH,
        "The gradient is not cleared between the steps, so all earlier ones are added to it.",
        "What does backward() do to a gradient that is there already?",
        (_TARGET, "scores[0, target_y].backward()\n        gradient = X_fooling.grad"),
    ),
    _bug(
        "fooling_one_step_late",
        _PATH,
        "One step more is made after the image is taken for the target, or although it was from the start.",
        "When are the scores looked at: before the step or after it?",
        (_STOP + _STEP_LINES, _STEP_LINES + _STOP),
    ),
    _bug(
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
    _bug(
        "fooling_until_sure",
        _PATH,
        "The steps go on until the target has most of the probability.",
        "It is enough that the target has the highest score.",
        ("if scores[0].argmax() == target_y:", "if scores.softmax(dim=1)[0, target_y] > 0.9:"),
    ),
    _bug(
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
    _bug(
        "fooling_without_limit",
        ("fooling_limit",),
        "There is no limit to the number of steps.",
        "What happens when the target is out of reach?",
        ("for _ in range(max_steps + 1):", "for _ in range(10_000):"),
    ),
    _bug(
        "fooling_gives_up_silently",
        ("fooling_limit",),
        "After 100 steps an image is returned although it does not fool the model.",
        "How does the caller learn that it did not work?",
        (
            '    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")\n',
            "    return X_fooling.detach()\n",
        ),
    ),
    _bug(
        "fooling_gives_up_too_early",
        ("fooling_limit",),
        "The search ends long before 100 steps.",
        "How many steps are allowed?",
        ("range(max_steps + 1)", "range(max_steps // 2)"),
    ),
    _bug(
        "fooling_image_with_gradient",
        ("fooling_limit",),
        "The returned image still requires a gradient.",
        "What would the caller's next computation with it record?",
        ("return X_fooling.detach()", "return X_fooling"),
    ),
    _bug(
        "fooling_in_training_mode",
        _BOTH,
        "The model is put into training mode, in which dropout and batch normalization behave differently.",
        "Is the model to learn anything here?",
        (f"    {_START}", f"    model.train()\n    {_START}"),
    ),
)

_RULES = ("visualization_step", "visualization_in_place")
_STEP = ("visualization_step",)
_OBJECTIVE = "objective = model(img)[0, target_y] - l2_reg * img.square().sum()"
_CLIMB = "img += learning_rate * gradient / gradient.norm().clamp_min(1e-12)"
_GRADIENT = "(gradient,) = torch.autograd.grad(objective, img)"

_VISUALIZATION = (
    _bug(
        "visualization_descends",
        _RULES,
        "The image goes down the gradient, so the score falls.",
        "The score is no loss. Is it to rise or to fall?",
        (_CLIMB, _CLIMB.replace("+=", "-=")),
    ),
    _bug(
        "visualization_not_normalized",
        _STEP,
        "The gradient is added as it is, so the length of the step depends on the model.",
        "How long is a step to be?",
        (_CLIMB, "img += learning_rate * gradient"),
    ),
    _bug(
        "visualization_normalized_by_largest_entry",
        _STEP,
        "The gradient is divided by its largest entry instead of by its length.",
        "Which norm has the 2 as its index?",
        (_CLIMB, _CLIMB.replace("gradient.norm()", "gradient.abs().max()")),
    ),
    _bug(
        "visualization_penalty_added",
        _STEP,
        "The penalty is added to the score instead of taken off, so large pixels are rewarded.",
        "What is to become small while the score becomes large?",
        (_OBJECTIVE, _OBJECTIVE.replace("- l2_reg", "+ l2_reg")),
    ),
    _bug(
        "visualization_penalty_without_2",
        _STEP,
        "The gradient of the penalty lacks the factor 2.",
        "Differentiate the square of one pixel.",
        (_OBJECTIVE, _OBJECTIVE.replace("- l2_reg", "- 0.5 * l2_reg")),
    ),
    _bug(
        "visualization_penalty_on_the_length",
        _STEP,
        "The length of the image is penalized instead of its square.",
        "Look at the two 2s of the penalty: one says which norm, and the other?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.norm()")),
    ),
    _bug(
        "visualization_penalty_averaged",
        _STEP,
        "The mean of the squared pixels is penalized instead of their sum.",
        "Is anything divided by the number of pixels in the formula?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.square().mean()")),
    ),
    _bug(
        "visualization_penalty_on_absolute_values",
        _STEP,
        "The sum of the absolute pixels is penalized instead of that of their squares.",
        "Which norm is meant by the index 2?",
        (_OBJECTIVE, _OBJECTIVE.replace("img.square().sum()", "img.abs().sum()")),
    ),
    _bug(
        "visualization_without_penalty",
        _STEP,
        "The penalty is left out.",
        "What is the argument l2_reg for?",
        (_OBJECTIVE, "objective = model(img)[0, target_y]"),
    ),
    _bug(
        "visualization_penalty_on_the_score",
        _STEP,
        "The score is penalized instead of the image.",
        "Whose size is to be kept small?",
        (
            _OBJECTIVE,
            "score = model(img)[0, target_y]\n    objective = score - l2_reg * score.square()",
        ),
    ),
    _bug(
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
    _bug(
        "visualization_of_probability",
        _RULES,
        "The probability of the class is climbed instead of its score.",
        "A probability can rise by making all other classes unlikely. Which quantity is asked for?",
        (_OBJECTIVE, _OBJECTIVE.replace("model(img)", "model(img).softmax(dim=1)")),
    ),
    _bug(
        "visualization_of_log_probability",
        _RULES,
        "The log-probability of the class is climbed instead of its score.",
        "Which one number of the model's output is to rise? The others have no say.",
        (_OBJECTIVE, _OBJECTIVE.replace("model(img)", "model(img).log_softmax(dim=1)")),
    ),
    _bug(
        "visualization_of_the_winner",
        _RULES,
        "The score of the class that is highest already is climbed instead of that of the class asked for.",
        "What is the argument target_y for?",
        (_OBJECTIVE, _OBJECTIVE.replace("[0, target_y]", "[0].max()")),
    ),
    _bug(
        "visualization_of_a_new_image",
        ("visualization_in_place",),
        "A new image is made and returned; the one that was handed over stays as it is.",
        "Which image does the caller go on with?",
        (_CLIMB, _CLIMB.replace("img +=", "img = img +")),
        ("    img.grad = None\n    ### END", "    return img\n    ### END"),
    ),
    _bug(
        "visualization_gradient_stays",
        ("visualization_in_place",),
        "The gradient is not cleared, so the next step adds its own to it.",
        "What does backward() do to a gradient that is there already?",
        (_GRADIENT, "objective.backward()\n    gradient = img.grad"),
        ("    img.grad = None\n    ### END", "    ### END"),
    ),
    _bug(
        "visualization_divides_by_zero",
        ("visualization_in_place",),
        "A gradient of zeros is divided by its length 0, and the image becomes NaN.",
        "How can a division stay defined without changing any other result?",
        (_CLIMB, _CLIMB.replace(".clamp_min(1e-12)", "")),
    ),
    _bug(
        "visualization_learning_rate_fixed",
        _STEP,
        "The step has length 1 whatever the learning rate is.",
        "Which of the arguments does your code not use?",
        (_CLIMB, _CLIMB.replace("learning_rate * ", "")),
    ),
)

BUGS = (*_SALIENCY, *_FOOLING, *_VISUALIZATION)

"""Mistakes that classes make in saliency maps."""

from __future__ import annotations

from autograder.judging.edited_reference import bugs_in

bug = bugs_in("network_visualization", "net_visualization.py")

_MAPS = ("saliency_maps",)
_SUM = "(gradient,) = torch.autograd.grad(scores.sum(), X)"
_MAXIMUM = "return gradient.abs().amax(dim=1)"
_COPY = "    X = X.detach().requires_grad_()\n"
_GATHER = "scores = gather_example(model(X), y)"

BUGS = (
    bug(
        "saliency_of_all_classes",
        _MAPS,
        "The scores of all classes are summed, so the maps show what acts on any class.",
        "Which one of an image's scores is the map about?",
        (_GATHER, "scores = model(X)"),
    ),
    bug(
        "saliency_of_the_winner",
        _MAPS,
        "The maps belong to the class with the highest score instead of the class y.",
        "What should the map of a misclassified image say?",
        (_GATHER, "scores = model(X).amax(dim=1)"),
    ),
    bug(
        "saliency_of_all_labels",
        _MAPS,
        "Every image's map takes the classes of all images of the batch together.",
        "What is the shape of what you sum? N numbers are wanted, one of each row.",
        (_GATHER, "scores = model(X)[:, y]"),
    ),
    bug(
        "saliency_of_the_first_image",
        _MAPS,
        "The backward pass starts from the first image's score only, so all other maps are 0.",
        "The score of an image says nothing on the pixels of another: how do all scores come into one number?",
        (_SUM, "(gradient,) = torch.autograd.grad(scores[0], X)"),
    ),
    bug(
        "saliency_averaged",
        _MAPS,
        "The backward pass starts from the mean of the scores, which divides every map by N.",
        "Would an image's map change if it came alone?",
        (_SUM, "(gradient,) = torch.autograd.grad(scores.mean(), X)"),
    ),
    bug(
        "saliency_of_probabilities",
        _MAPS,
        "The gradient of the softmax probability is taken instead of that of the score.",
        "A probability also rises when the other classes' scores fall. Which quantity is asked for?",
        (_GATHER, "scores = gather_example(model(X).softmax(dim=1), y)"),
    ),
    bug(
        "saliency_of_the_loss",
        _MAPS,
        "The gradient of the cross entropy is taken instead of that of the score.",
        "Training needs a loss; what does a saliency map need?",
        (_GATHER, "scores = gather_example(-model(X).log_softmax(dim=1), y)"),
    ),
    bug(
        "saliency_without_absolute_value",
        _MAPS,
        "The maximum over the channels is taken of the derivatives with their signs, without absolute values.",
        "Does a pixel matter less when its score falls as it gets brighter?",
        (_MAXIMUM, "return gradient.amax(dim=1)"),
    ),
    bug(
        "saliency_absolute_value_last",
        _MAPS,
        "The absolute value is taken after the maximum, so a large negative derivative loses against a small one.",
        "Try it with the three derivatives -5, 1 and 0: which number should the map show?",
        (_MAXIMUM, "return gradient.amax(dim=1).abs()"),
    ),
    bug(
        "saliency_summed_over_channels",
        _MAPS,
        "The absolute derivatives are summed over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.abs().sum(dim=1)"),
    ),
    bug(
        "saliency_averaged_over_channels",
        _MAPS,
        "The absolute derivatives are averaged over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.abs().mean(dim=1)"),
    ),
    bug(
        "saliency_length_over_channels",
        _MAPS,
        "The maps hold the length of the gradient over the channels.",
        "Read the definition again: how do three numbers of a pixel become one?",
        (_MAXIMUM, "return gradient.norm(dim=1)"),
    ),
    bug(
        "saliency_maximum_over_the_batch",
        _MAPS,
        "The maximum is taken over the images of the batch instead of over the channels.",
        "Write the shape of the gradient beside its line. Which axis must go?",
        (_MAXIMUM, "return gradient.abs().amax(dim=0)"),
    ),
    bug(
        "saliency_without_batch_axis",
        _MAPS,
        "The maps of a batch of one image come without their batch axis.",
        "What else does squeeze() remove when N is 1?",
        (_MAXIMUM, "return gradient.abs().amax(dim=1).squeeze()"),
    ),
    bug(
        "saliency_scaled",
        _MAPS,
        "The maps are divided by their largest entry.",
        "Scaling belongs to the figure. What are the values that are asked for?",
        (_MAXIMUM, "gradient = gradient.abs().amax(dim=1)\n    return gradient / gradient.max()"),
    ),
    bug(
        "saliency_gradient_stays",
        _MAPS,
        "X keeps its gradient after the call, so a second call adds its own to it.",
        "Whose tensor is X, and who calls your function next?",
        (_COPY, "    X.requires_grad_()\n"),
        (_SUM, "scores.sum().backward()\n    gradient = X.grad"),
    ),
    bug(
        "saliency_switches_recording_on",
        _MAPS,
        "X requires a gradient after the call, so PyTorch records what the caller computes with it next.",
        "Which tensor is to require a gradient: the caller's, or one of your own?",
        (_COPY, "    X.requires_grad_()\n"),
    ),
    bug(
        "saliency_in_training_mode",
        _MAPS,
        "The model is put into training mode, in which dropout and batch normalization behave differently.",
        "Is the model to learn anything here?",
        (f"    {_GATHER}", f"    model.train()\n    {_GATHER}"),
    ),
)

"""Mistakes in the optimizers, and in the open-ended net."""

from __future__ import annotations

from .bugs_nets import bug

_PLAIN = "torch.optim.SGD(model.parameters(), lr=3e-3)"
_NESTEROV = "torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)"

OPTIMIZERS = (
    bug(
        "plain_with_momentum",
        ("module_optimizer",),
        "The optimizer of part III has momentum, but plain gradient descent is asked for.",
        "Which arguments does the second step of plain gradient descent need to know?",
        (_PLAIN, "torch.optim.SGD(model.parameters(), lr=3e-3, momentum=0.9)"),
    ),
    bug(
        "plain_learning_rate",
        ("module_optimizer",),
        "The optimizer of part III has the learning rate of part IV.",
        "Compare the two learning rates in the table of trainings.",
        (_PLAIN, "torch.optim.SGD(model.parameters(), lr=1e-2)"),
    ),
    bug(
        "plain_default_rate",
        ("module_optimizer",),
        "The optimizer of part III keeps PyTorch's default learning rate.",
        "Which learning rate does the docstring name?",
        (_PLAIN, "torch.optim.SGD(model.parameters())"),
    ),
    bug(
        "plain_is_adam",
        ("module_optimizer",),
        "The optimizer of part III is Adam.",
        "Which rule moves every number by about the learning rate, however small its gradient is?",
        (_PLAIN, "torch.optim.Adam(model.parameters(), lr=3e-3)"),
    ),
    bug(
        "plain_with_decay",
        ("module_optimizer",),
        "The optimizer of part III also shrinks the weights.",
        "What does `weight_decay` add to a gradient?",
        (_PLAIN, "torch.optim.SGD(model.parameters(), lr=3e-3, weight_decay=5e-4)"),
    ),
    bug(
        "plain_weights_only",
        ("module_optimizer",),
        "The optimizer of part III does not get the biases.",
        "What does `model.parameters()` hold?",
        (_PLAIN, "torch.optim.SGD([p for p in model.parameters() if p.ndim > 1], lr=3e-3)"),
    ),
    bug(
        "nesterov_without_momentum",
        ("sequential_optimizer",),
        "The optimizer of part IV has no momentum.",
        "Which arguments of SGD besides the learning rate are asked for?",
        (_NESTEROV, "torch.optim.SGD(model.parameters(), lr=1e-2)"),
    ),
    bug(
        "nesterov_forgotten",
        ("sequential_optimizer",),
        "The optimizer of part IV has momentum, but not Nesterov's.",
        "Which switch turns one into the other?",
        (_NESTEROV, "torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)"),
    ),
    bug(
        "nesterov_learning_rate",
        ("sequential_optimizer",),
        "The optimizer of part IV has the learning rate of part III.",
        "Compare the two learning rates in the table of trainings.",
        (_NESTEROV, "torch.optim.SGD(model.parameters(), lr=3e-3, momentum=0.9, nesterov=True)"),
    ),
    bug(
        "nesterov_momentum_size",
        ("sequential_optimizer",),
        "The optimizer of part IV keeps a half of its velocity instead of nine tenths.",
        "Which momentum does the docstring name?",
        (_NESTEROV, "torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.5, nesterov=True)"),
    ),
    bug(
        "nesterov_weights_only",
        ("sequential_optimizer",),
        "The optimizer of part IV does not get the biases.",
        "What does `model.parameters()` hold?",
        (
            _NESTEROV,
            "torch.optim.SGD([p for p in model.parameters() if p.ndim > 1], lr=1e-2, momentum=0.9, nesterov=True)",
        ),
    ),
)

_OPEN = ("open_ended_net",)
_MODEL = "    model = nn.Sequential(*stages, Flatten(), nn.Dropout(0.3), nn.Linear(128 * 4 * 4, 10))\n"

OPEN_ENDED = (
    bug(
        "open_optimizer_of_last_layer",
        _OPEN,
        "The optimizer of part V gets the parameters of the last layer only.",
        "Which of the net's parameters does a step change?",
        ("torch.optim.SGD(model.parameters(), lr=2e-2,", "torch.optim.SGD(model[-1].parameters(), lr=2e-2,"),
    ),
    bug(
        "open_optimizer_of_another_net",
        _OPEN,
        "The optimizer of part V was made for another net than the one that is returned.",
        "What happens to an optimizer's parameters when the net is built anew after it?",
        ("    return model, optimizer\n", "    return copy.deepcopy(model), optimizer\n"),
        ("from collections.abc import Sequence\n", "import copy\nfrom collections.abc import Sequence\n"),
    ),
    bug(
        "open_gradient_ascent",
        _OPEN,
        "The optimizer of part V climbs instead of descending.",
        "Which way does `maximize` go?",
        ("nesterov=True, weight_decay=5e-4)", "nesterov=True, weight_decay=5e-4, maximize=True)"),
    ),
    bug(
        "open_dropout_always_on",
        _OPEN,
        "Dropout stays on when the net of part V is evaluated.",
        "How does a function get to know whether the module is in training mode?",
        (
            _MODEL,
            "    class Always(nn.Module):\n"
            "        def forward(self, x: Tensor) -> Tensor:\n"
            "            return functional.dropout(x, 0.3)\n\n"
            "    model = nn.Sequential(*stages, Flatten(), Always(), nn.Linear(128 * 4 * 4, 10))\n",
        ),
    ),
    bug(
        "open_batch_statistics_always",
        _OPEN,
        "The batch normalization of part V uses the statistics of the batch even when the net is evaluated.",
        "What does `track_running_stats` decide?",
        ("nn.BatchNorm2d(channels_out)", "nn.BatchNorm2d(channels_out, track_running_stats=False)"),
    ),
    bug(
        "open_classes",
        _OPEN,
        "The net of part V gives a score too many.",
        "How many classes are there?",
        ("nn.Linear(128 * 4 * 4, 10))", "nn.Linear(128 * 4 * 4, 11))"),
    ),
    bug(
        "open_order_swapped",
        _OPEN,
        "open_ended_net returns the optimizer first.",
        "In which order does the docstring name the two results?",
        ("    return model, optimizer\n", "    return optimizer, model\n"),
    ),
    bug(
        "open_learning_rate_huge",
        _OPEN,
        "The learning rate of part V is so large that the loss grows from step to step.",
        "Print the loss of the first ten steps on one batch. Which way should it go?",
        ("torch.optim.SGD(model.parameters(), lr=2e-2,", "torch.optim.SGD(model.parameters(), lr=2e3,"),
    ),
)

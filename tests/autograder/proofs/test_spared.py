"""One mistake in a net's layers costs the check of its parameters, and not that of its scores, too."""

from __future__ import annotations

import pytest

from autograder.proofs import strength
from autograder.sources import Sources

pytestmark = [pytest.mark.torch, pytest.mark.slow]

MILESTONE = Sources().milestone("pytorch")
FILE = "pytorch.py"
CONV1 = "        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)\n"
CONVS = CONV1 + "        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)\n"
DRAW = "        for layer in (self.conv1, self.conv2, self.fc):\n"
FORWARD = """\
        hidden = functional.relu(self.conv1(x))
        hidden = functional.relu(self.conv2(hidden))
        return self.fc(flatten(hidden))
"""
IN_A_LIST = (
    (CONVS, CONVS.replace("self.conv1", "conv1").replace("self.conv2", "conv2") + "        convs = [conv1, conv2]\n"
     "        self.convs = {'first': conv1, 'second': conv2} if in_channel % 2 else convs\n"),
    (DRAW, DRAW.replace("self.conv1, self.conv2", "*convs")),
    (FORWARD, "        for conv in self.convs.values() if isinstance(self.convs, dict) else self.convs:\n"
              "            x = functional.relu(conv(x))\n"
              "        return self.fc(flatten(x))\n"),
)  # fmt: skip
AS_TENSORS = (
    ("        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)\n" + DRAW,
     "        self.w = torch.empty(num_classes, channel_2 * 32 * 32)\n"
     "        self.b = torch.zeros(num_classes)\n"
     "        nn.init.kaiming_normal_(self.w)\n"
     "        for layer in (self.conv1, self.conv2):\n"),
    (FORWARD, FORWARD.replace("self.fc(flatten(hidden))", "flatten(hidden) @ self.w.T + self.b")),
)  # fmt: skip
OTHER_SIZE = (
    ("        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)\n" + DRAW,
     "        self.fc = nn.Linear(channel_2 * 33 * 33, num_classes)\n" + DRAW),
)  # fmt: skip


@pytest.mark.parametrize("edits", [IN_A_LIST, AS_TENSORS, OTHER_SIZE], ids=["list", "tensors", "size"])
def test_layers_that_are_not_registered_or_of_another_size_cost_their_own_check_only(edits):
    library = strength.edited(MILESTONE, "spared", FILE, *edits)
    only = ("module_params", "module_convnet")
    results = strength.grade_in_process(library, MILESTONE, only=only, name_bugs=False)
    assert [results[name].verdict for name in only] == ["failed", "passed"]

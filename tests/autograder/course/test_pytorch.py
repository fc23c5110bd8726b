"""What is special to the checks of the milestone pytorch; `test_all_checks.py` proves what holds for all."""

from __future__ import annotations

import io
import pickle
import re
import types
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from autograder.course.pytorch import checks as checks  # noqa: E402
from autograder.course.pytorch import checks_nets  # noqa: E402
from autograder.judging import milestone_content  # noqa: E402
from autograder.judging.check import Draw, Trial  # noqa: E402
from autograder.judging.hidden_images import HiddenImages  # noqa: E402
from autograder.proofs import strength  # noqa: E402
from autograder.sources import Sources  # noqa: E402
from nndl import pytorch  # noqa: E402
from nndl.checking import pytorch as visible  # noqa: E402
from nndl.torch_parts import storage  # noqa: E402

from .proofs import GARBAGE, failed, hand_in, not_passed, returning  # noqa: E402

pytestmark = pytest.mark.torch
MILESTONE = Sources().milestone("pytorch")
TRAINED = {"barebones_training", "module_training", "sequential_training", "open_net"}


def grade(library, seed=1, *, name_bugs=False):
    return strength.grade_in_process(library, MILESTONE, seed, name_bugs=name_bugs)


def edited(name, *edits, file="pytorch.py"):
    return strength.edited(MILESTONE, name, file, *edits)


def test_checks_can_be_listed_without_pytorch(monkeypatch):
    """A grader without PyTorch must be able to say what it cannot grade."""
    import subprocess
    import sys

    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from autograder.judging import milestone_content\n"
        "from autograder.sources import Sources\n"
        "from nndl.checking import pytorch\n"
        "milestone = Sources().milestone('pytorch')\n"
        "assert len(milestone_content.checks(milestone)) == 12\n"
        "assert milestone_content.bugs(milestone) and milestone_content.alternatives(milestone)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def with_bug(name):
    milestone = MILESTONE
    return next(bug for bug in milestone_content.bugs(milestone) if bug.name == name).edited.library(
        milestone
    )


# --- parts of points ---------------------------------------------------------------------------------------------


def test_a_wrong_forward_pass_costs_no_gradients_and_cut_gradients_cost_no_scores():
    credits = grade(with_bug("tensor_relu_after_first_missing"))["barebones_convnet"].credits
    assert (credits["scores"], credits["other filters"], credits["gradients"]) == (0, 1, 1)
    credits = grade(with_bug("tensor_gradient_cut"))["barebones_convnet"].credits
    assert (credits["scores"], credits["other filters"], credits["gradients"]) == (1, 1, 0)
    results = grade(with_bug("sequential_kaiming_init"))
    credits = results["sequential_convnet"].credits
    assert credits == {"scores": 1, "gradients": 1, "kind": 1, "shapes": 1, "weights": 0, "one image": 1}


def test_an_affine_layer_for_the_tasks_own_filters_costs_the_shapes_alone():
    old = "        Flatten(),\n        nn.Linear(channel_2 * 32 * 32"
    results = grade(edited("fixed_affine", (old, old.replace("channel_2", "16"))))
    lost = {part for part, credit in results["sequential_convnet"].credits.items() if credit < 1}
    assert lost == {"shapes"}
    assert failed(results) - TRAINED == {"sequential_convnet"}


def test_padding_made_from_the_filters_costs_the_demand_for_other_filters():
    edits = [
        (f"conv_b{i}, padding={pad})", f"conv_b{i}, padding=conv_w{i}.shape[-1] // 2)")
        for i, pad in ((1, 2), (2, 1))
    ]
    credits = grade(edited("own_padding", *edits))["barebones_convnet"].credits
    assert {part for part, credit in credits.items() if credit < 1} == {"other filters"}


def test_a_number_is_a_shape_for_biases():
    assert pytorch.zero_weight(7).shape == (7,)
    assert pytorch.zero_weight((2, 3)).shape == (2, 3)


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        ("Adam(model.parameters(), lr=2e-3)", "moves by 0.002, however large its gradient is"),
        ("SGD(model.parameters(), lr=2e-2)", "it is -0.02 times the gradient, where -0.003 times is right"),
    ],
)
def test_a_first_step_is_told_by_what_it_looks_like(optimizer, said):
    edit = ("torch.optim.SGD(model.parameters(), lr=3e-3)", f"torch.optim.{optimizer}")
    assert said in grade(edited(f"rule_{optimizer[:3]}", edit))["module_optimizer"].message


def test_wrong_shapes_cost_no_spread_and_no_biases():
    credits = grade(with_bug("params_kernels_swapped"))["barebones_params"].credits
    assert credits == {"shapes": 0, "weights": 1, "biases": 1, "trainable": 1}


_INSIDE = "        for layer in (self.conv1, self.conv2, self.fc):\n"


MODULE = {
    "conv1": "self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)",
    "conv2": "self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)",
    "fc": "self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)",
}
SEQUENCE = {
    "conv1": "nn.Conv2d(3, channel_1, 5, padding=2)",
    "conv2": "nn.Conv2d(channel_1, channel_2, 3, padding=1),\n        nn.ReLU()",
    "fc": "Flatten(),\n        nn.Linear(channel_2 * 32 * 32, num_classes)",
}
SIZES = {
    "smaller filters": ({"conv1": ("5, padding=2", "3, padding=1")}, "shapes"),
    "larger filters": ({"conv2": ("3, padding=1", "7, padding=3")}, "shapes"),
    "smaller filters, padded as before": (
        {"conv1": ("5, padding", "3, padding"), "fc": ("32 * 32", "34 * 34")},
        "shapes",
    ),
    "no padding": ({"conv2": ("3, padding=1", "3"), "fc": ("32 * 32", "30 * 30")}, "scores"),
    "features forgotten": ({"fc": ("channel_2 * 32 * 32", "channel_2")}, "shapes"),
    "as many classes as in CIFAR-10": ({"fc": ("num_classes", "10")}, "shapes"),
    "as many filters as in the notebook": (
        {"conv1": ("channel_1", "32"), "conv2": ("channel_1", "32")},
        "shapes",
    ),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_wrong_size_costs_once(name):
    changes, part = SIZES[name]
    for lines, of_shapes, of_scores in (
        (MODULE, "module_params", "module_convnet"),
        (SEQUENCE, "sequential_convnet", "sequential_convnet"),
    ):
        edits = [(lines[key], lines[key].replace(*change)) for key, change in changes.items()]
        if lines is SEQUENCE and name == "features forgotten":
            continue  # a sequence is run as it is, and this one stops
        results = grade(edited(f"size_{lines is MODULE}_{part}", *edits))
        judged = {"shapes": of_shapes, "scores": of_scores}[part]
        assert failed(results) - TRAINED == {judged}, not_passed(results)
        lost = {p for p, credit in results[judged].credits.items() if credit < 1}
        assert part in lost
        assert part == "scores" or lost == {part}


def test_the_spread_is_judged_by_its_factor():
    draw = "            nn.init.kaiming_normal_(layer.weight)\n"
    edits = (_INSIDE, draw), (_INSIDE, draw.replace("layer.weight)", "layer.weight.data).mul_(3)"))
    result = grade(edited("wider", tuple(before + after for before, after in edits)), name_bugs=True)[
        "module_params"
    ]
    assert result.bugs == []
    assert re.search(r"(2\.9|3|3\.0)\d* times", result.message)


def test_the_same_weights_in_every_net_are_not_drawn():
    edit = (
        "        self.conv1 = nn.Conv2d(in_channel,",
        "        torch.manual_seed(0)\n        self.conv1 = nn.Conv2d(in_channel,",
    )
    result = grade(edited("seeded", edit))["module_params"]
    assert result.credits == {"shapes": 1, "weights": 0}
    assert "the same in two nets" in result.message


def test_a_net_that_learns_nothing_earns_nothing():
    edit = (
        "    return model, optimizer\n",
        "    optimizer.step = lambda: None\n    return model, optimizer\n",
    )
    result = grade(edited("idle", edit))["open_ended_net"]
    assert (result.score, result.credits["learning"]) == (0, 0)
    assert "scores of the right classes do not rise" in result.message


def test_too_large_a_net_is_told():
    edit = ("nn.Linear(128 * 4 * 4, 10))", "nn.Linear(2048, 3000), nn.Linear(3000, 10))")
    result = grade(edited("large", edit))["open_ended_net"]
    assert result.credits["scores"] == 0
    assert "at most 5000000 are allowed" in result.message


# --- whatever comes back -----------------------------------------------------------------------------------------

STARTS = {
    "three_layer_convnet": ("    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params\n", "barebones_convnet"),
    "three_layer_convnet_params": ("    channels, height, width = image\n", "barebones_params"),
    "forward": ("        hidden = functional.relu(self.conv1(x))\n", "module_convnet"),
    "module_optimizer": ("    return torch.optim.SGD(model.parameters(), lr=3e-3)\n", "module_optimizer"),
    "sequential_convnet": ("    return nn.Sequential(\n        nn.Conv2d(3, channel_1", "sequential_convnet"),
    "sequential_optimizer": (
        "    return torch.optim.SGD(model.parameters(), lr=1e-2, momentum",
        "sequential_optimizer",
    ),
    "open_ended_net": ("    stages: list[nn.Module] = []\n", "open_ended_net"),
}  # fmt: skip
TENSORS = (
    "torch.zeros(0)",
    "torch.zeros(2, 3)",
    "torch.full((3, 7), torch.nan)",
    "nn.Linear(2, 3)",
    "torch.ones(())",
)


LINES = [start for start, _ in STARTS.values()]
NUMPY = "from typing import Any\n", "from typing import Any\n\nimport numpy as np\n"


def some(values):
    """Return the numbers of all values; two thirds of them are for the slow tests."""
    slow = pytest.mark.slow
    return [pytest.param(i, marks=[slow] if i % 3 else []) for i in range(len(values))]


@pytest.mark.parametrize(
    ("c1", "c2", "sizes", "features", "classes", "judged"),
    [
        (32, 16, (3, 3), 16 * 32 * 32, 10, True),
        (32, 16, (5, 3), 16 * 32 * 32, 10, True),
        (32, 16, (5, 3), 16 * 31 * 32, 10, False),  # no padding leads there
        (4000, 1, (1, 1), 32 * 32, 10, False),  # cheap to send, and gigabytes to compute
        (32, 16, (31, 31), 16 * 32 * 32, 10, False),
        (32, 16, (5, 3), 16 * 32 * 32, 100_000, False),
        (32, 16, (5, 3), 16 * 32 * 32, 0, False),  # no scores at all would be right ones
        (0, 16, (5, 3), 16 * 32 * 32, 10, False),
        (32, 16, (0, 0), 16 * 32 * 32, 10, False),
    ],
)
def test_a_net_of_other_sizes_is_judged_within_bounds(c1, c2, sizes, features, classes, judged, monkeypatch):
    """The sizes are the student's, and the right scores are computed beside the grader."""
    made = [
        np.zeros((c1, 3, sizes[0], sizes[0]), np.float32), np.zeros(c1, np.float32),
        np.zeros((c2, c1, sizes[1], sizes[1]), np.float32), np.zeros(c2, np.float32),
        np.zeros((features, classes), np.float32), np.zeros(classes, np.float32),
    ]  # fmt: skip
    student = types.SimpleNamespace(module_convnet_params=lambda *_: made)
    trial: Any = types.SimpleNamespace(student=student, draw=Draw(1, "sizes"))
    if not judged:
        monkeypatch.setattr(checks_nets, "draw_params", pytest.fail)
        monkeypatch.setattr(checks_nets, "_convolved", pytest.fail)
    x = np.ones((2, 3, 32, 32))
    found = checks_nets._with_own_sizes(trial, "module", (3, 5, 4), 7, x)
    assert (found is not None) == judged
    if found is not None:
        assert found[1].shape == (2, classes)


@pytest.mark.slow
@pytest.mark.parametrize("index", some((*GARBAGE, *TENSORS)))
def test_no_returned_value_can_break_a_check(index):
    results = grade(edited(f"garbage_{index}", *returning(LINES, (*GARBAGE, *TENSORS)[index]), NUMPY))
    wrong = {check for _, check in STARTS.values()}
    assert {name: r.verdict for name, r in results.items() if name in wrong} == dict.fromkeys(wrong, "failed")
    assert sum(r.score for name, r in results.items() if name in wrong) == 0


WIRE = {
    "barebones_convnet_scores": "    with torch.no_grad():\n        return returned(pytorch.three",
    "barebones_convnet_inputs": "    tensors = [to_tensor(x), *_tensors(params)]\n",
    "barebones_convnet_gradients": "    leaves = [p.requires_grad_() for p in _tensors(params)]\n",
    "barebones_convnet_params": "    return [to_array(p) for p in _created(channel_1, channel_2, num_classes, image",
    "barebones_convnet_leaves": "    params = _created(channel_1, channel_2, num_classes, (3, 32, 32), 0)\n",
    "module_convnet_scores": "    net = _with_parameters(params, kind)\n    with torch.no_grad():\n",
    "module_convnet_gradients": "    net = _with_parameters(params, kind)\n    scores",
    "module_convnet_params": "    with _seeded(seed):\n        net = _convnet(",
    "is_sequential": "    return isinstance(pytorch.sequential_convnet(",
    "optimizer_path": "    model = nn.Module()\n",
    "OpenEndedNet.scores": "        self._model.eval()\n",
    "OpenEndedNet.train": "        losses = []\n",
    "OpenEndedNet.forgotten": "        known = {id(p) for group",
    "OpenEndedNet.parameters": "        return sum(p.numel() for",
}  # fmt: skip
ON_THE_WIRE = (
    *GARBAGE,
    "[1] * 6", "[None] * 6", "[np.zeros(0)] * 6", "[np.zeros((0, 0, 0, 0))] * 6", "[np.array(['a'])] * 6",
    "[[1], [1, 2]] * 10", "[[np.array(['a']), np.zeros(2)]] * 4", "[np.nan] * 20", "[[1], 2] * 10",
    "[np.full((4, 3), np.inf)] * 6", "[np.zeros(3)] * 7", "'' * 6", "[[]] * 4", "-3",
)  # fmt: skip


@pytest.mark.parametrize("index", some(ON_THE_WIRE))
def test_nothing_that_a_manipulated_process_sends_can_break_a_check(index):
    """The functions that make arrays run beside the student's code, which may replace them."""
    edits = []
    for start in WIRE.values():
        indent = start[: len(start) - len(start.lstrip())]
        edits.append((start, f"{indent}return {ON_THE_WIRE[index]}\n{start}"))
    results = grade(edited(f"wire_{index}", *edits, file="as_arrays/nets.py"))
    assert {r.verdict for r in results.values()} <= {"failed", "passed"}
    assert failed(results) >= {"barebones_convnet", "barebones_params", "module_convnet", "module_params"}
    assert failed(results) >= {"module_optimizer", "sequential_optimizer", "open_ended_net"}


# --- what was trained, through the sandbox -----------------------------------------------------------------------

CLASSES = 10


def drawn(self, seed, n):
    """Hidden images that need no drawing: class k is bright in rows 3k to 3k + 2, in red."""
    random = np.random.default_rng(seed)
    y = random.integers(CLASSES, size=400)
    pixels = random.integers(0, 100, (400, 3, 32, 32)).astype(np.uint8)
    for image, k in zip(pixels, y, strict=True):
        image[0, 3 * k : 3 * k + 3] = 255
    return pixels, y


def right_params():
    """Return the parameters of a ConvNet that reads the class off the bright rows."""
    conv_w1 = np.zeros((1, 3, 5, 5), np.float32)
    conv_w1[0, 0, 2, 2] = 1
    conv_w2 = np.zeros((1, 1, 3, 3), np.float32)
    conv_w2[0, 0, 1, 1] = 1
    rows = np.repeat(np.arange(32) // 3, 32)
    fc_w = (rows[:, None] == np.arange(CLASSES)).astype(np.float32)
    zero, zeros = np.zeros(1, np.float32), np.zeros(CLASSES, np.float32)
    return dict(zip(storage.CONVNET_NAMES, (conv_w1, zero, conv_w2, zero, fc_w, zeros), strict=True))


OWN_NET = """    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10), nn.BatchNorm1d(10))
    return net, torch.optim.SGD(net.parameters(), lr=1e-2)
"""


def right_open_net():
    """Return the arrays of such a net of one affine layer: part V is free to be anything."""
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10), torch.nn.BatchNorm1d(10))
    weight = np.zeros((CLASSES, 3, 32, 32), np.float32)
    for k in range(CLASSES):
        weight[k, 0, 3 * k : 3 * k + 3] = 1
    arrays = storage.model_arrays(net)
    arrays["1.weight"], arrays["1.bias"] = weight.reshape(CLASSES, -1), 0 * arrays["1.bias"]
    return arrays


def graded(folder, files, *, own_net=False):
    """Grade the solutions with these stored files, with `OWN_NET` for part V if asked for."""
    start = STARTS["open_ended_net"][0]
    edits = {"pytorch.py": [(start, OWN_NET + start)]} if own_net else None
    return hand_in(folder, MILESTONE.name, edits=edits, files=files)


def all_files():
    names = ("barebones_convnet", "module_convnet", "sequential_convnet")
    return {f"{name}.npz": right_params() for name in names} | {"open_net.npz": right_open_net()}


@pytest.fixture
def few_hidden_images(monkeypatch):
    monkeypatch.setattr(HiddenImages, "unseen_pixels", drawn)


@pytest.mark.sandbox
def test_release_with_solutions_scores_everything(tmp_path, few_hidden_images):
    report = graded(tmp_path / MILESTONE.name, all_files(), own_net=True)
    assert report["reason"] == ""
    assert [c["message"] for c in report["checks"]] == [""] * 12
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 40, 40)


class Trap:
    """Unpickled, it leaves a file: what a stored net of a student could do as well."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def pickled_by_torch(path):
    buffer = io.BytesIO()
    torch.save({"conv_w1": Trap(path)}, buffer)
    return buffer.getvalue()


@pytest.mark.sandbox
def test_stored_files_that_are_no_arrays_earn_nothing_and_are_not_opened(tmp_path, few_hidden_images):
    trap = tmp_path / "sprung"
    buffer = io.BytesIO()
    np.savez(buffer, **right_params() | {"fc_b": np.array([Trap(trap)], dtype=object)})
    files = all_files() | {
        "barebones_convnet.npz": pickled_by_torch(trap),
        "module_convnet.npz": pickle.dumps(Trap(trap)),
        "sequential_convnet.npz": buffer.getvalue(),
        "open_net.npz": pickled_by_torch(trap),
    }
    report = graded(tmp_path / MILESTONE.name, files, own_net=True)
    found = {c["name"]: c for c in report["checks"]}
    assert report["verdict"] == "graded"
    for name in TRAINED:
        assert found[name]["score"] == 0
        assert ".npz" in found[name]["message"]
    assert report["score"] == 40 - 15
    assert not trap.exists()


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", ["filters", "shape", "nan", "names", "text"])
def test_a_convnet_that_is_none_earns_nothing_and_says_why(kind, tmp_path, few_hidden_images):
    params = right_params()
    if kind == "filters":
        params |= {
            "conv_w1": np.zeros((65, 3, 5, 5)),
            "conv_b1": np.zeros(65),
            "conv_w2": np.zeros((1, 65, 3, 3)),
        }
    elif kind == "shape":
        params["fc_w"] = params["fc_w"].T
    elif kind == "nan":
        params["fc_w"] = params["fc_w"] * np.nan
    elif kind == "names":
        del params["fc_b"]
    else:
        params["fc_b"] = np.array(["a"] * 10)
    report = graded(tmp_path / MILESTONE.name, all_files() | {"module_convnet.npz": params}, own_net=True)
    (found,) = (c for c in report["checks"] if c["name"] == "module_training")
    assert (report["verdict"], report["score"], found["score"]) == ("graded", 37, 0)
    assert "module_convnet.npz" in found["message"]


@pytest.mark.sandbox
def test_arrays_of_another_net_than_the_code_builds_are_told(tmp_path, few_hidden_images):
    report = graded(tmp_path / MILESTONE.name, all_files())  # the code builds the reference's net
    (found,) = (c for c in report["checks"] if c["name"] == "open_net")
    assert (report["score"], found["score"]) == (34, 0)
    assert "the arrays are not those of this net" in found["message"]


class Recorder:
    """A submission that writes down what it is shown, and answers with the same scores to everything."""

    def __init__(self):
        self.shown = []

    def load_arrays(self, name):
        return {"w": np.zeros(3)}

    def OpenEndedNet(self):
        return self

    def put(self, arrays):
        self.shown.append(arrays)

    def scores(self, x):
        self.shown.append(x)
        return np.zeros((len(x), CLASSES), np.float32)


def test_the_labels_of_hidden_images_never_go_where_the_students_net_runs(few_hidden_images):
    student: Any = Recorder()
    reference = strength.reference(MILESTONE)
    draw = Draw(1, MILESTONE.name, "open_net", 0)
    (finding,) = checks.open_net.body(Trial(student, reference, draw, HiddenImages("offline")))
    stored, *batches = student.shown
    assert list(stored) == ["w"]
    assert all((b.shape[1:], b.dtype) == ((3, 32, 32), np.float32) for b in batches)
    assert sum(map(len, batches)) == 400
    assert finding.credit == 0  # a net that says the same to every image is right on a tenth of them


def test_the_rules_are_those_of_the_milestone():
    assert [rule.full for rule in visible.CONVNET_RULES.values()] == [42, 45, 55]
    assert (visible.OPEN_RULE.none, visible.OPEN_RULE.full) == (55, 70)
    assert MILESTONE.artifacts == tuple(all_files())


@pytest.mark.slow
@pytest.mark.sandbox
def test_nets_without_training_earn_nothing_on_real_hidden_images(tmp_path):
    torch.manual_seed(0)
    convnet = {n: p.numpy() for n, p in storage.convnet_parameters(pytorch.sequential_convnet()).items()}
    model, _ = pytorch.open_ended_net()
    files = {name: convnet for name in all_files() if name != "open_net.npz"}
    files["open_net.npz"] = storage.model_arrays(model)
    report = graded(tmp_path / MILESTONE.name, files)
    assert report["verdict"] == "graded"
    assert {c["score"] for c in report["checks"] if c["name"] in TRAINED} == {0}
    assert report["score"] == 25

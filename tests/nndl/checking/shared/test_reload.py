"""What is loaded again after an edit, and what is said when it cannot be."""

from __future__ import annotations

import itertools
import os
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nndl.checking.shared import progress
from nndl.checking.shared.limit import Stopped, time_limit
from nndl.checking.shared.reload import NotLoaded, Reloader

_numbers = itertools.count()
START = {
    "__init__": "",
    "layers/__init__": "from .affine import SIZE, forward\n",
    "layers/affine": "SIZE = 3\n\n\ndef forward(x, by=1):\n    return x + by\n",
    "net": """\
from .layers import SIZE, forward


class Base:
    def name(self):
        return "base"


class Net(Base):
    def __init__(self):
        super().__init__()
        self.rule = forward

    def loss(self, x):
        return forward(x)

    def size(self):
        return SIZE
""",
}


class Package:
    """A package in a folder, as a student edits it."""

    def __init__(self, folder: Path) -> None:
        self.name = f"edited_{next(_numbers)}"
        self.folder = folder / self.name
        for name, source in START.items():
            self.write(name, source)

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.py"

    def write(self, name: str, source: str) -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(source, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        source = self.path(name).read_text(encoding="utf-8")
        assert old in source
        self.write(name, source.replace(old, new))

    def load(self, name: str):
        return __import__(f"{self.name}.{name}", fromlist=["*"])


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    made = Package(tmp_path)
    yield made
    for name in [name for name in sys.modules if name.startswith(made.name)]:
        del sys.modules[name]


def test_edit_reaches_every_name_of_a_function(package):
    net, layers = package.load("net"), package.load("layers")
    by_name, bound, kept = layers.forward, partial(layers.forward, 1), [layers.forward]
    reloader = Reloader(package.name)
    package.replace("layers/affine", "x + by", "10 * x + by")
    reloader.refresh()
    assert layers is package.load("layers")
    assert [layers.forward(1), net.forward(1), by_name(1), bound(), kept[0](1), net.Net().loss(1)] == [11] * 6


def test_defaults_change_too(package):
    by_name = package.load("layers").forward
    reloader = Reloader(package.name)
    package.replace("layers/affine", "by=1", "by=7")
    reloader.refresh()
    assert by_name(1) == 8


def test_names_in_the_notebook_become_the_new_objects(package, monkeypatch):
    net, layers = package.load("net"), package.load("layers")
    notebook = sys.modules["__main__"]
    monkeypatch.setattr(notebook, "a_net_of_mine", net.Net, raising=False)
    monkeypatch.setattr(notebook, "SIZE", layers.SIZE, raising=False)
    reloader = Reloader(package.name)
    package.replace("net", '"base"', '"new base"')
    package.replace("layers/affine", "SIZE = 3", "SIZE = 4")
    reloader.refresh()
    assert notebook.a_net_of_mine is net.Net
    assert notebook.SIZE == 3, "a number of the notebook's own is left alone"


def test_instances_and_subclasses_made_before_get_the_new_methods(package):
    net: Any = package.load("net")

    class Heir(net.Net):
        def loss(self, x):
            return -super().loss(x)

    old, heir = net.Net(), Heir()
    reloader = Reloader(package.name)
    package.replace("net", "return forward(x)", "return 100 * self.more(x)")
    package.replace(
        "net", "    def size", "    def more(self, x):\n        return super().name(), x\n\n    def size"
    )
    package.replace("net", "100 * self.more(x)", "100 * self.more(x)[1]")
    reloader.refresh()
    assert isinstance(old, net.Net)
    assert (old.loss(2), heir.loss(2), Heir().loss(2)) == (200, -200, -200)
    assert old.more(0) == ("base", 0)


def test_files_that_need_each_other_are_loaded_in_the_right_order(package):
    net, layers = package.load("net"), package.load("layers")
    reloader = Reloader(package.name)
    package.replace("net", "SIZE, forward", "SIZE, added, forward")
    package.replace("net", "return forward(x)", "return added(x)")
    package.replace("layers/__init__", "SIZE,", "SIZE, added,")
    package.write("layers/affine", START["layers/affine"] + "\n\ndef added(x):\n    return -x\n")
    reloader.refresh()
    assert net.Net().loss(3) == layers.added(3) == -3


def test_constant_reaches_the_modules_that_imported_it(package):
    net, layers = package.load("net"), package.load("layers")
    old = net.Net()
    reloader = Reloader(package.name)
    package.replace("layers/affine", "SIZE = 3", "SIZE = [3]")
    reloader.refresh()
    assert layers.SIZE == net.SIZE == old.size() == [3]


def test_getter_and_setter_stay_apart(package):
    package.write(
        "net",
        "class Net:\n    @property\n    def a(self):\n        return self.b\n\n"
        "    @a.setter\n    def a(self, value):\n        self.b = 2 * value\n",
    )
    old = package.load("net").Net()
    reloader = Reloader(package.name)
    package.replace("net", "2 * value", "3 * value")
    reloader.refresh()
    old.a = 1
    assert old.a == 3


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "reason"),
    [
        ("net", "def loss(self, x):", "def loss(self, x)", "net.py, line 14", "SyntaxError: expected ':'"),
        ("net", "        return SIZE", "    return SIZE", "net.py, line 18", "IndentationError: "),
        ("net", "class Net(Base):", "class Net(Bas):", "net.py, line 9", "NameError: name 'Bas'"),
        ("layers/affine", "SIZE = 3", "SIZE = 1 / 0", "affine.py, line 1", "ZeroDivisionError"),
        ("layers/affine", "def forward", "def foward", "affine.py has no `forward`", "is it `foward` now?"),
        ("layers/affine", "SIZE = 3", "SIZE = 3\0", "affine.py, line 1", "null bytes"),
        ("layers/affine", "SIZE = 3", "raise SystemExit", "affine.py, line 1", "SystemExit"),
    ],
)
def test_what_does_not_load_is_said_in_one_line(package, file, old, new, place, reason):
    net, layers = package.load("net"), package.load("layers")
    function, before = layers.forward, dict(vars(net))
    reloader = Reloader(package.name)
    package.replace(
        "layers/__init__", "SIZE, forward", "forward, SIZE"
    )  # loads, but must not stay half loaded
    package.replace(file, old, new)
    for _ in range(2):  # it is said again as long as it is true
        with pytest.raises(NotLoaded) as caught:
            reloader.refresh()
        text = str(caught.value)
        assert text.startswith(place)
        assert reason in text
        assert "\n" not in text
        assert str(package.folder) not in text
        assert vars(net) == before
        assert layers.forward is function
        assert sys.modules[f"{package.name}.net"] is net
    package.replace(file, new, old)
    package.replace("layers/affine", "x + by", "x - by")
    reloader.refresh()
    assert net.Net().loss(1) == 0


def test_new_file_that_does_not_load_is_named(package):
    net = package.load("net")
    reloader = Reloader(package.name)
    package.write("new", "x = 1\nif x\n")
    package.replace("net", "return forward(x)", "return number")
    package.write("net", "from .new import number\n" + package.path("net").read_text(encoding="utf-8"))
    with pytest.raises(NotLoaded, match=r"^new\.py, line 2: SyntaxError: expected ':'"):
        reloader.refresh()
    package.write("new", "number = 5\n")
    reloader.refresh()
    assert net.Net().loss(1) == 5


def test_file_that_never_ends_is_stopped_and_nothing_is_lost(package):
    net = package.load("net")
    before = dict(vars(net))
    reloader = Reloader(package.name)
    package.replace("net", "class Base", "while True:\n    pass\n\n\nclass Base")
    with pytest.raises(Stopped, match=r"stopped in net\.py line \d+, after"), time_limit(0.2):
        reloader.refresh()
    assert vars(net) == before
    assert sys.modules[f"{package.name}.net"] is net


def test_file_that_is_gone_is_named(package):
    package.load("net")
    reloader = Reloader(package.name)
    package.path("layers/affine").unlink()
    with pytest.raises(NotLoaded, match=r"^affine\.py is not there any more"):
        reloader.refresh()
    package.write("layers/affine", START["layers/affine"])
    reloader.refresh()


def test_module_imported_and_edited_since_the_last_look(package):
    reloader = Reloader(package.name)
    net = package.load("net")
    later = time.time_ns() + 10**9
    package.replace("net", "return forward(x)", "return 'new'")
    os.utime(package.path("net"), ns=(later, later))
    reloader.refresh()
    assert net.Net().loss(1) == "new"


def test_edit_of_the_same_length_in_the_same_second(package):
    layers = package.load("layers")
    reloader = Reloader(package.name)
    for sign, want in (("-", 4), ("*", 5), ("+", 6)):
        old = package.path("layers/affine").read_text(encoding="utf-8")
        package.write("layers/affine", old.replace(old[old.index("x ") + 2], sign, 1))
        reloader.refresh()
        assert layers.forward(5) == want


def test_lines_of_errors_are_those_of_the_file(package):
    layers = package.load("layers")
    by_name = layers.forward
    reloader = Reloader(package.name)
    package.write("layers/affine", "SIZE = 3\n" + "\n" * 40 + "def forward(x):\n    y = 1\n    return z\n")
    reloader.refresh()
    for function in (layers.forward, by_name):
        with pytest.raises(NameError) as caught:
            function(1)
        last = traceback.extract_tb(caught.tb)[-1]
        assert (last.lineno, last.line, last.filename) == (44, "return z", str(package.path("layers/affine")))


def test_what_a_test_has_patched_stays_patched(package, monkeypatch):
    layers, net = package.load("layers"), package.load("net")
    reloader = Reloader(package.name)
    monkeypatch.setattr(layers, "forward", "patched")
    reloader.refresh()
    package.replace("net", "return forward(x)", "return forward(x) + 1")
    reloader.refresh()
    assert layers.forward == "patched"
    assert net.forward == "patched"


def test_parts_that_are_given_are_left_alone(package):
    layers = package.load("layers")
    reloader = Reloader(package.name, given=["layers"])
    package.replace("layers/affine", "x + by", "x - by")
    reloader.refresh()
    assert layers.forward(1) == 2


def test_without_a_change_it_costs_little():
    before = dict(sys.modules)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        progress._code.refresh()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02
    assert dict(sys.modules) == before

"""A worker tells with each reply what is still as it was put; what is known is not asked, and never wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.failures import ProtocolViolation
from autograder.library.interface import fetched
from autograder.library.remote.library import RemoteLibrary
from autograder.library.remote.put_off import LARGEST_PUT_OFF
from autograder.library.replies import told_of_puts
from autograder.milestone import Milestone, classes, values
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.inside.protocol import Handle
from autograder.sandbox.worker_sandbox import Sandbox

pytestmark = pytest.mark.sandbox

CODE = """
import numpy as np

kept = []

def look(*things):
    return len(things)

def keep(x):
    kept.append(x)

def spoil():
    kept[-1][0] = 7

def reshape(x):
    x.shape = (x.size, 1)

def retype(x):
    x.dtype = np.int64

def negative_zero(x):
    x *= -1

def step(config):
    config["t"] = config.get("t", 0) + 1
    config["m"] = np.full(2, 0.5)
    return config["t"]

def fill(config, what):
    config["what"] = [what] if what == "list" else (lambda: 0)

class Spoils:
    def __init__(self, x):
        x[0] = 9
"""
NAMES = ("look", "keep", "spoil", "reshape", "retype", "negative_zero", "step", "fill")
MILESTONE = Milestone(
    "small", "Small", api={**values("nndl.small", *NAMES), **classes("nndl.small", "Spoils")}
)


@pytest.fixture
def lib(tmp_path: Path):
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    package = tmp_path / "submission" / "nndl"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "small.py").write_text(CODE)
    for path in (package.parent, package, *package.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with RemoteLibrary(package.parent, MILESTONE) as library:
        yield library


@pytest.fixture
def exchanges(monkeypatch):
    sent: list[bytes] = []
    exchange = Sandbox.exchange

    def counted(box, message, *rest):
        sent.append(message)
        return exchange(box, message, *rest)

    monkeypatch.setattr(Sandbox, "exchange", counted)
    return sent


def test_what_has_not_changed_is_not_asked_for(lib, exchanges):
    x, y = np.arange(3.0), np.eye(2, dtype=np.float32)
    kept = [lib.put(x), lib.put(y)]
    assert lib.look(*kept) == 2
    for _ in range(2):
        values = [*fetched(kept), kept[0].fetch()]
        assert [v.tolist() for v in values] == [x.tolist(), y.tolist(), x.tolist()]
        values[0][:] = 5  # a copy
    assert values[1].dtype == np.float32
    assert len(exchanges) == 1


def test_a_large_array_is_told_of_as_well(lib, exchanges):
    kept = lib.put(np.zeros(LARGEST_PUT_OFF // 8 + 1))
    lib.look(kept)
    before = len(exchanges)
    assert kept.fetch().sum() == 0
    assert len(exchanges) == before


@pytest.mark.parametrize("change", ["keep", "reshape", "retype", "negative_zero"])
def test_what_has_changed_comes_back_as_it_is(lib, change):
    x = np.zeros(3)
    kept = lib.put(x)
    getattr(lib, change)(kept)
    if change == "keep":
        assert kept.fetch().tolist() == [0, 0, 0]
        lib.spoil()  # is given nothing, and has it all the same
    value = kept.fetch()
    expected = {
        "keep": np.array([7.0, 0, 0]),
        "reshape": np.zeros((3, 1)),
        "retype": np.zeros(3, np.int64),
        "negative_zero": -x,
    }[change]
    assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
    assert value.tobytes() == expected.tobytes()


def test_code_that_is_put_off_may_change_everything(lib):
    kept = lib.put(np.zeros(3))
    lib.look(kept)
    lib.make("Spoils", kept)
    assert kept.fetch().tolist() == [9, 0, 0]


def test_a_small_dict_is_told_as_it_is_now(lib, exchanges):
    config = lib.put({"rate": 0.1})
    assert lib.step(config) == 1
    before = len(exchanges)
    value = config.fetch()
    assert (value["rate"], value["t"], value["m"].tolist()) == (0.1, 1, [0.5, 0.5])
    assert len(exchanges) == before
    value["m"][:] = 3
    assert config.fetch()["m"].tolist() == [0.5, 0.5]
    assert lib.step(config) == 2
    assert config.fetch()["t"] == 2


@pytest.mark.parametrize("what", ["list", "function"])
def test_a_dict_with_anything_else_is_asked_for(lib, exchanges, what):
    config = lib.put({"rate": 0.1})
    lib.fill(config, what)
    before = len(exchanges)
    if what == "list":
        assert config.fetch()["what"] == ["list"]
    else:
        with pytest.raises(Exception, match="cannot be used"):
            config.fetch()
    assert len(exchanges) == before + 1


def test_another_worker_holds_nothing_of_before(lib):
    kept = lib.put(np.zeros(3))
    lib.look(kept)
    lib.close()
    lib.begin_case()
    other = lib.put(np.ones(3))
    lib.look(other)
    assert other.fetch().tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "told",
    [
        {"still": 3},
        {"still": [1.5]},
        {"still": ["1"]},
        {"still": [True]},
        {"held": []},
        {"held": {"1": 2}},
        {"held": {1: {"x": Handle(3)}}},
    ],
    ids=str,
)
def test_what_is_told_in_another_form_is_refused(told):
    with pytest.raises(ProtocolViolation):
        told_of_puts({"id": 1, "value": 2, **told})


def test_what_is_told_is_taken_out_of_the_reply():
    reply = {"id": 1, "value": 2, "still": [4, 5], "held": {6: {"t": 1}}}
    assert told_of_puts(reply) == (frozenset({4, 5}), {6: {"t": 1}})
    assert reply == {"id": 1, "value": 2}
    assert told_of_puts("nonsense") == told_of_puts({"id": 1}) == (frozenset(), {})

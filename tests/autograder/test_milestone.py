"""What a milestone declares about its public names is what a check gets, whatever they are called."""

from __future__ import annotations

import pickle
import sys
import types

import pytest

from autograder.library.interface import RemoteObject
from autograder.library.local import LocalLibrary
from autograder.milestone import Milestone, Public, cache_owner, classes, values, with_cache
from autograder.sources import Sources


@pytest.fixture
def package():
    package = types.ModuleType("declared")
    vars(package).update(
        look_forward=lambda x: (x, x),
        normalized=lambda x: (x + 1, "cache"),
        back=lambda cache: cache,
        Count=int,
    )
    sys.modules["declared"] = package
    yield package
    del sys.modules["declared"]


def test_what_a_call_gives_is_declared_and_not_read_from_the_name(package):
    api = {**with_cache("own", "normalized", "back"), **values("own", "look_forward", "Count")}
    lib = LocalLibrary(package, api)
    assert lib.look_forward(1) == (1, 1)
    assert lib.Count("3") == 3
    out, cache = lib.normalized(1)
    assert out == 2
    assert isinstance(cache, RemoteObject)
    assert lib.back(cache) == "cache"
    assert lib.call("normalized", (1,), result="value") == (2, "cache")


def test_functions_of_one_cache_have_one_owner():
    api = {**with_cache("m", "forward", "backward", "quicker"), **values("m", "loss"), **classes("m", "Net")}
    owners = {name: cache_owner(api, name) for name in api}
    assert owners == dict.fromkeys(("forward", "backward", "quicker"), "forward") | {
        "loss": "loss",
        "Net": "Net",
    }
    assert api["Net"] == Public("m", "handle")


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_a_milestone_travels_to_other_processes_and_is_a_key(milestone):
    copy = pickle.loads(pickle.dumps(milestone))
    assert copy == milestone
    assert {milestone: 1}[copy] == 1


def test_a_name_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(
        KeyError, match=r"no milestone 'three_layer_net'.*linear_classifier, nn_modules, two_layer"
    ):
        Sources().milestone("three_layer_net")
    assert isinstance(Sources().milestone("fc_net"), Milestone)

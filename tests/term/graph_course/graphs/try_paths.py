"""The visible check of shortest paths."""

import importlib

from . import paths

EXAMPLE = {"a": {"b": 1.0, "c": 5.0}, "b": {"c": 2.0}, "c": {}, "d": {"a": 1.0}}


def distances() -> None:
    """Say whether `distances` is right for a graph of four towns."""
    importlib.reload(paths)
    got, want = paths.distances(EXAMPLE, "a"), {"a": 0.0, "b": 1.0, "c": 3.0}
    assert got == want, f"for {EXAMPLE} the distances from a are {want}, not {got}"
    print("distances passes here. The grader draws other graphs.")


def shortest_path() -> None:
    """Say whether `shortest_path` is right for the same graph."""
    importlib.reload(paths)
    got, want = paths.shortest_path(EXAMPLE, "a", "c"), ["a", "b", "c"]
    assert got == want, f"for {EXAMPLE} the way from a to c is {want}, not {got}"
    print("shortest_path passes here. The grader draws other graphs.")

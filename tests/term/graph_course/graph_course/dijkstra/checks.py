"""The hidden checks of shortest paths. A graph is a dict: name → name of a neighbour → length of the edge."""

from __future__ import annotations

from itertools import pairwise

from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close

Graph = dict[str, dict[str, float]]
UNREACHABLE = "unreachable"


def drawn(draw: Draw, n: int, *, apart: bool) -> Graph:
    """Draw a directed graph of n towns; those of the second half cannot be reached if they lie ``apart``."""
    numbers, graph = draw.normal(n, n), {}
    for i in range(n):
        reached = [j for j in range(n) if j != i and not (apart and i < n // 2 <= j)]
        edges = {f"t{j}": round(0.1 + abs(float(numbers[i, j])), 3) for j in reached if numbers[i, j] > -0.4}
        graph[f"t{i}"] = edges
    return graph


@check(
    points=4,
    parts=("values",),
    demands=(UNREACHABLE,),
    cases=({"n": 6}, {"n": 9}, {"n": 8, "apart": True, "demand": UNREACHABLE}),
    tests=("distances",),
)
def distances(trial: Trial, *, n: int, apart: bool = False) -> Findings:
    """The length of the shortest way to every town that can be reached."""
    graph = drawn(trial.draw, n, apart=apart)
    yield from close({"the distances": trial.both("distances", graph, "t0")}, part="values")


@check(
    points=4,
    parts=("way", "length"),
    basis=("length",),
    cases=({"n": 7}, {"n": 10}),
    borrows=("distances",),
)
def shortest_path(trial: Trial, *, n: int) -> Findings:
    """A way from one town to another that uses edges of the graph, and is as short as any."""
    graph = drawn(trial.draw, n, apart=False)
    far = trial.reference.distances(graph, "t0")
    goal = max((name for name in far if name != "t0"), key=far.__getitem__, default="t0")
    got = trial.student.shortest_path(graph, "t0", goal)
    is_way = isinstance(got, list) and bool(got) and all(isinstance(name, str) for name in got)
    is_way = is_way and (got[0], got[-1]) == ("t0", goal)
    is_way = is_way and all(b in graph.get(a, {}) for a, b in pairwise(got))
    message = f"the answer must be a list of towns from t0 to {goal}, each a neighbour of the one before"
    yield claim("way", "a way", is_way, message, expected="a list of towns", actual=got)
    length = round(sum(graph[a][b] for a, b in pairwise(got)), 9) if is_way else None
    want = round(far[goal], 9)
    yield claim(
        "length", "its length", length == want, "there is a shorter way", expected=want, actual=length
    )


CHECKS = (distances, shortest_path)

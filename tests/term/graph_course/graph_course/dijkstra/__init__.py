"""The milestone "Shortest paths"."""

from autograder.milestone import Milestone, values

MILESTONE = Milestone(
    "dijkstra",
    "Shortest paths",
    package="graphs",
    api=values("graphs.paths", "distances", "shortest_path"),
)

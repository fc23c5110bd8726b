"""Shortest paths in directed graphs with lengths."""

import heapq

Graph = dict[str, dict[str, float]]
"""Name of a town → name of a neighbour → length of the edge, above 0."""


def distances(graph: Graph, start: str) -> dict[str, float]:
    """Return the length of the shortest way from a town to every town that can be reached.

    Parameters
    ----------
    graph : dict of dict
        See `Graph`. Every town is a key.
    start : str
        A town; its own distance is 0.

    Returns
    -------
    found : dict of str to float
        Towns that cannot be reached are left out.
    """
    ### BEGIN SOLUTION dijkstra
    found: dict[str, float] = {}
    queue = [(0.0, start)]
    while queue:
        so_far, town = heapq.heappop(queue)
        if town in found:
            continue
        found[town] = so_far
        for neighbour, length in graph[town].items():
            far = so_far + length
            heapq.heappush(queue, (far, neighbour))
    ### END SOLUTION
    return found


def shortest_path(graph: Graph, start: str, goal: str) -> list[str]:
    """Return a shortest way as a list of towns, from the start to a goal that can be reached.

    Parameters
    ----------
    graph : dict of dict
        See `Graph`.
    start, goal : str
    """
    found = distances(graph, start)
    ### BEGIN SOLUTION dijkstra
    way = [goal]
    while way[-1] != start and len(way) <= len(found):  # with wrong distances it might go in circles
        town = way[-1]
        before = [name for name in found if town in graph.get(name, {})]
        way.append(min(before, key=lambda name: abs(found[name] + graph[name][town] - found[town])))
    return way[::-1]
    ### END SOLUTION

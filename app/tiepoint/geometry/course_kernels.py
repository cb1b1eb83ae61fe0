"""Compiled judging of the nodes of courses, tile by tile; see `tiepoint.geometry.courses`.

Importing this module imports numba; import it inside functions.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

from tiepoint.geometry.kernel_parts import called, compiled, inner


@inner
def _first(row: int, n: int, count: int) -> int:
    """First of the `count` values, of `n`, that foretell the one between `row` and the next."""
    return min(max(row - (count - 2) // 2, 0), n - count)


@called
def _halve(nodes: Any, weights: Any, finer: Any) -> None:
    """Put a node between each two of one tile; `halve_tiles` says how."""
    n, _, size = nodes.shape
    count = min(n, 4)
    for r in range(n):
        for c in range(n):
            for k in range(size):
                finer[2 * r, 2 * c, k] = nodes[r, c, k]
    for r in range(n - 1):
        first = _first(r, n, count)
        for c in range(n):
            for k in range(size):
                total = 0.0
                for i in range(first, first + count):
                    total += weights[r, i] * nodes[i, c, k]
                finer[2 * r + 1, 2 * c, k] = total
    for c in range(n - 1):
        first = _first(c, n, count)
        for r in range(2 * n - 1):
            for k in range(size):
                total = 0.0
                for i in range(first, first + count):
                    total += weights[c, i] * finer[r, 2 * i, k]
                finer[r, 2 * c + 1, k] = total


@inner
def _distance(one: Any, other: Any) -> float:
    """Distance of two nodes."""
    total = 0.0
    for k in range(one.size):
        total += (one[k] - other[k]) ** 2
    return sqrt(total)


@called
def _least_step(nodes: Any, step: int) -> float:
    """Source pixels from one output pixel to the next: mean of a tile, the smaller of both axes."""
    n = nodes.shape[0]
    down, across = 0.0, 0.0
    for i in range(n):
        for j in range(n - 1):
            down += _distance(nodes[j + 1, i], nodes[j, i])
            across += _distance(nodes[i, j + 1], nodes[i, j])
    mean: float = min(down, across) / (n * (n - 1) * step)
    return mean


@called
def _miss(nodes: Any, foretold: Any) -> float:
    """Largest distance of a tile's nodes from what was foretold."""
    worst = 0.0
    for r in range(nodes.shape[0]):
        for c in range(nodes.shape[1]):
            worst = max(worst, _distance(nodes[r, c], foretold[r, c]))
    return worst


@called
def _bend(nodes: Any, weights: Any) -> float:
    """Largest distance of cubics from straight lines between nodes; the sum of both axes."""
    n, _, size = nodes.shape
    count = min(n, 4)
    down, across = 0.0, 0.0
    for j in range(n - 1):
        first = _first(j, n, count)
        for i in range(n):
            off_down, off_across = 0.0, 0.0
            for k in range(size):
                bend_down = -0.5 * (nodes[j, i, k] + nodes[j + 1, i, k])
                bend_across = -0.5 * (nodes[i, j, k] + nodes[i, j + 1, k])
                for m in range(first, first + count):
                    bend_down += weights[j, m] * nodes[m, i, k]
                    bend_across += weights[j, m] * nodes[i, m, k]
                off_down += bend_down**2
                off_across += bend_across**2
            down, across = max(down, off_down), max(across, off_across)
    return sqrt(down) + sqrt(across)


@called
def _finite(nodes: Any) -> tuple[bool, bool]:
    """Whether all nodes of a tile are finite, and whether any is."""
    every, some = True, False
    for r in range(nodes.shape[0]):
        for c in range(nodes.shape[1]):
            whole = True
            for k in range(nodes.shape[2]):
                whole = whole and isfinite(nodes[r, c, k])
            every, some = every and whole, some or whole
    return every, some


@called
def _leads_outside(nodes: Any, slack: float, source_shape: Any) -> bool:
    """Whether a tile misses the source by more than `slack`."""
    for k in range(nodes.shape[2]):
        low, high = nodes[0, 0, k], nodes[0, 0, k]
        for r in range(nodes.shape[0]):
            for c in range(nodes.shape[1]):
                low, high = min(low, nodes[r, c, k]), max(high, nodes[r, c, k])
        if high + slack < -0.5 or low - slack > source_shape[k] - 0.5:
            return True
    return False


@compiled
def settle(
    nodes: Any, step: int, tolerance: float, source_shape: Any, weights: Any, room: Any, good: Any
) -> None:
    """Say which tiles need no finer nodes.

    Parameters
    ----------
    nodes
        (T, n, n, K) source index at nodes, n odd.
    step
        Output pixels between nodes.
    tolerance
        Largest distance of a node from what was foretold: source pixels, or output pixels where
        they are larger.
    source_shape
        (K,) pixels of the source.
    weights
        ((n - 1) / 2, (n + 1) / 2) of every second node in those between.
    room
        (n, n, K), overwritten.
    good
        (T,) bool, filled here.
    """
    for t in range(nodes.shape[0]):
        tile = nodes[t]
        every, some = _finite(tile)
        good[t] = not some
        if every:
            _halve(tile[::2, ::2], weights, room)
            error = _miss(tile, room)
            wanted = tolerance * max(1.0, _least_step(tile, step))
            good[t] = error <= wanted or _leads_outside(tile, 2.0 * error, source_shape)


@compiled
def find_rough(nodes: Any, step: int, tolerance: float, weights: Any, rough: Any) -> None:
    """Say which tiles bend between nodes.

    Parameters
    ----------
    nodes
        (T, n, n, K) source index at nodes.
    step
        Output pixels between nodes.
    tolerance
        Largest bend: source pixels, or output pixels where they are larger.
    weights
        (n - 1, n) of the nodes in those between.
    rough
        (T,) bool, filled here.
    """
    for t in range(nodes.shape[0]):
        wanted = tolerance * max(1.0, _least_step(nodes[t], step))
        rough[t] = _bend(nodes[t], weights) > wanted


@compiled
def halve_tiles(nodes: Any, weights: Any, finer: Any) -> None:
    """Put a node on the cubic between each two of (T, n, n, K).

    Parameters
    ----------
    nodes
        (T, n, n, K).
    weights
        (n - 1, n) of the nodes in those between.
    finer
        (T, 2 n - 1, 2 n - 1, K), filled here.
    """
    for t in range(nodes.shape[0]):
        _halve(nodes[t], weights, finer[t])

"""Ways through the coordinate graph."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.route import Hop, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge, Frame
    from tiepoint.registration.graph.solution import Solution
    from tiepoint.support.arrays import FloatArray

MOST_WAYS = 64
"""Equally short ways that are compared by their error."""


@dataclass(frozen=True)
class PathFailure:
    """Why there is no way from one frame to another.

    Attributes
    ----------
    code
        ``unknown_frame``, ``not_connected`` or ``depth_lost``.
    sentence
        One sentence for people, with what to do.
    """

    code: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Path:
    """A way from one frame to another.

    Attributes
    ----------
    frames
        Ids from start to end.
    hops
        The edges in order.
    alternatives
        Sentences on other ways of the same length that were not taken.
    """

    frames: tuple[str, ...]
    hops: tuple[Hop, ...]
    alternatives: tuple[str, ...] = ()

    @property
    def hop_count(self) -> int:
        """Number of edges with an error of their own; exact ones do not count."""
        return sum(not hop.edge.is_exact for hop in self.hops)


def find_path(
    frames: Mapping[str, Frame],
    edges: Sequence[Edge],
    solution: Solution,
    start: str,
    end: str,
    points: FloatArray | None,
) -> Path | PathFailure:
    """Find the way with the fewest hops and, among those, the smallest predicted error.

    Parameters
    ----------
    frames, edges
        Of the graph.
    solution
        Of the edges' own estimates: once loops are closed, all ways round are equally sure.
    start, end, points
        As for `FrameGraph.path`.
    """
    for name in (start, end):
        if name not in frames:
            return PathFailure("unknown_frame", f"There is no dataset “{name}” in this project.")
    if start == end:
        return Path((start,), ())
    outward = _outward(edges, passable=True)
    hops_to_end = _distances(end, _outward(edges, passable=True, reverse=True))
    if start not in hops_to_end:
        return _failure(frames, edges, start, end)
    ways = list(islice(_shortest(start, end, outward, hops_to_end), MOST_WAYS))
    errors = [_error(way, solution, points) for way in ways]
    order = sorted(range(len(ways)), key=lambda i: errors[i])
    best = ways[order[0]]
    rest = [ways[i] for i in order[1:]]
    names = (start, *(hop.end for hop in best))
    return Path(names, best, tuple(_alternatives(frames, best, rest)))


def _outward(
    edges: Sequence[Edge], *, passable: bool, reverse: bool = False
) -> dict[str, list[Hop]]:
    """Return the hops that leave (or, reversed, enter) each frame."""
    leaving: dict[str, list[Hop]] = {}
    for edge in edges:
        for hop in (Hop(edge, True), Hop(edge, False)):
            if passable and not hop.forward and not edge.can_go_back:
                continue
            leaving.setdefault(hop.end if reverse else hop.start, []).append(hop)
    return leaving


def _distances(end: str, entering: Mapping[str, list[Hop]]) -> dict[str, tuple[int, int]]:
    """Return (hops, edges) from every frame to `end`; exact edges are no hops."""
    best: dict[str, tuple[int, int]] = {end: (0, 0)}
    queue = deque([end])
    while queue:
        here = queue.popleft()
        for hop in entering.get(here, []):
            count = best[here][0] + (not hop.edge.is_exact), best[here][1] + 1
            if hop.start not in best or count < best[hop.start]:
                best[hop.start] = count
                if hop.edge.is_exact:
                    queue.appendleft(hop.start)
                else:
                    queue.append(hop.start)
    return best


def _shortest(
    start: str,
    end: str,
    leaving: Mapping[str, list[Hop]],
    distance: Mapping[str, tuple[int, int]],
) -> Iterator[tuple[Hop, ...]]:
    """Yield all shortest ways."""
    if start == end:
        yield ()
        return
    for hop in leaving.get(start, []):
        after = distance.get(hop.end)
        if after is None:
            continue
        if (after[0] + (not hop.edge.is_exact), after[1] + 1) == distance[start]:
            for rest in _shortest(hop.end, end, leaving, distance):
                yield (hop, *rest)


def _error(way: Sequence[Hop], solution: Solution, points: FloatArray | None) -> float:
    """Return the RMS predicted error at the end of a way; infinite where it is not known."""
    if any(hop.edge.reason for hop in way):
        return float("inf")
    hops = tuple(way)
    if points is None:
        hops, points = _from_landmarks(hops)
    try:
        columns = walk(hops, points, solution.thetas).columns
    except ValueError:
        return float("inf")
    shares = solution.shares(columns)
    variance = sum(np.einsum("nkk->n", share) for share in shares.values())
    error = float(np.sqrt(np.mean(variance))) if shares else 0.0
    return error if np.isfinite(error) else float("inf")


def _from_landmarks(hops: tuple[Hop, ...]) -> tuple[tuple[Hop, ...], FloatArray]:
    """Return the way from the first frame with landmarks on, and their middle."""
    for number, hop in enumerate(hops):
        if hop.edge.hull is not None:
            middle = hop.edge.hull.vertices.mean(axis=0, keepdims=True)
            return hops[number:], middle if hop.forward else hop.edge.transform(middle)
    transform = hops[0].edge.transform
    return hops, np.zeros((1, transform.n_in if hops[0].forward else transform.n_out))


def _alternatives(
    frames: Mapping[str, Frame], best: Sequence[Hop], others: Sequence[Sequence[Hop]]
) -> Iterator[str]:
    """Say which registrations compete with those taken."""
    if not others:
        return
    for hop in best:
        sides = {hop.start, hop.end}
        rivals = {
            other.edge.id for way in others for other in way if {other.start, other.end} == sides
        } - {hop.edge.id}
        if rivals:
            yield (
                f"{len(rivals) + 1} registrations join “{frames[hop.start].label}” and "
                f"“{frames[hop.end].label}”: the one with the smaller error is used"
                + (f" ({hop.edge.label})." if hop.edge.label else ".")
            )
    taken = tuple(hop.end for hop in best)
    ways = {tuple(hop.end for hop in way) for way in others} - {taken}
    if ways:
        through = ", ".join(frames[name].label for name in sorted({w[0] for w in ways})[:3])
        yield f"Other ways of the same length go through {through}; the surest one is used."


def _failure(
    frames: Mapping[str, Frame], edges: Sequence[Edge], start: str, end: str
) -> PathFailure:
    here, there = frames[start].label, frames[end].label
    if start in _distances(end, _outward(edges, passable=False, reverse=True)):
        return PathFailure(
            "depth_lost",
            f"“{here}” is a projection: its points have no depth, so they cannot be found in "
            f"“{there}”.",
        )
    return PathFailure(
        "not_connected",
        f"“{here}” and “{there}” are not registered to each other, directly or through other "
        "datasets: add landmark pairs between them.",
    )

"""Spanning trees of the coordinate graph and the loops that the other edges close."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.loops import Loop
from tiepoint.registration.graph.route import Hop, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tiepoint.registration.graph.frames import Edge, Frame
    from tiepoint.support.arrays import FloatArray


@dataclass
class Tree:
    """A spanning forest: which edges are in it, and the hops between any two frames."""

    neighbours: dict[str, list[Hop]] = field(default_factory=dict)
    edges: set[str] = field(default_factory=set)

    def add(self, edge: Edge) -> None:
        """Put an edge into the forest."""
        self.edges.add(edge.id)
        self.neighbours.setdefault(edge.moving, []).append(Hop(edge, True))
        self.neighbours.setdefault(edge.fixed, []).append(Hop(edge, False))

    def way(self, start: str, end: str) -> tuple[Hop, ...] | None:
        """Return the only way from one frame to another, or ``None``."""
        came: dict[str, Hop | None] = {start: None}
        queue = deque([start])
        while queue and end not in came:
            here = queue.popleft()
            for step in self.neighbours.get(here, []):
                if step.end not in came:
                    came[step.end] = step
                    queue.append(step.end)
        if end not in came:
            return None
        hops: list[Hop] = []
        hop = came[end]
        while hop is not None:
            hops.append(hop)
            hop = came[hop.start]
        return tuple(reversed(hops))


def spanning_tree(frames: Mapping[str, Frame], edges: Sequence[Edge]) -> Tree:
    """Return a forest that avoids losing depth on the way round a loop.

    Edges between frames of one dimension come first, broad first from the frame with most of
    them, exact edges before others; sections and projections only join what is left apart.
    """
    tree = Tree()
    group = {name: name for name in frames}
    flat = [e for e in edges if frames[e.moving].dimension == frames[e.fixed].dimension]
    steps = [e for e in edges if e not in flat]
    steps.sort(key=lambda e: (e.transform.n_out < e.transform.n_in, not e.is_exact))
    degree = dict.fromkeys(frames, 0)
    for edge in flat:
        degree[edge.moving] += 1
        degree[edge.fixed] += 1
    for name in sorted(frames, key=lambda each: -degree[each]):
        _spread(name, flat, tree, group)
    for edge in steps:
        if _find(group, edge.moving) != _find(group, edge.fixed):
            _join(edge, tree, group)
    return tree


def _spread(start: str, edges: Iterable[Edge], tree: Tree, group: dict[str, str]) -> None:
    queue, seen = deque([start]), {start}
    while queue:
        here = queue.popleft()
        touching = [e for e in edges if here in (e.moving, e.fixed)]
        for edge in sorted(touching, key=lambda e: not e.is_exact):
            other = edge.fixed if here == edge.moving else edge.moving
            if _find(group, here) != _find(group, other):
                _join(edge, tree, group)
            if other not in seen:
                seen.add(other)
                if edge.is_exact:
                    queue.appendleft(other)
                else:
                    queue.append(other)


def _find(group: dict[str, str], name: str) -> str:
    while group[name] != name:
        name = group[name]
    return name


def _join(edge: Edge, tree: Tree, group: dict[str, str]) -> None:
    group[_find(group, edge.moving)] = _find(group, edge.fixed)
    tree.add(edge)


def loops_of(frames: Mapping[str, Frame], edges: Sequence[Edge]) -> tuple[Loop, ...]:
    """Return the loops that the edges outside the spanning forest close.

    A loop whose way round would lose depth (back through a section, forward through a
    projection) cannot be compared with its closing edge and is left out.
    """
    tree = spanning_tree(frames, edges)
    loops = []
    for edge in edges:
        if edge.id in tree.edges:
            continue
        around = tree.way(edge.moving, edge.fixed)
        if around is None or any(hop.loses_depth or not _passable(hop) for hop in around):
            continue
        loops.append(Loop(edge, around, _test_points(edge, around, frames[edge.moving].dimension)))
    return tuple(loops)


def _passable(hop: Hop) -> bool:
    return hop.forward or hop.edge.can_go_back


def _test_points(edge: Edge, around: Sequence[Hop], dimension: int) -> FloatArray:
    """Return the centre of the landmarks in the closing edge's moving frame and a simplex."""
    known = _known_points(edge, around)
    if known is None:
        known = np.vstack([np.zeros(dimension), np.eye(dimension)])
    centre = known.mean(axis=0)
    radius = float(np.sqrt(((known - centre) ** 2).sum(axis=1).mean())) or 1.0
    return np.vstack([centre, centre + radius * np.eye(dimension)])


def _known_points(edge: Edge, around: Sequence[Hop]) -> FloatArray | None:
    """Return corners of the first landmarks found on the loop, mapped to its start."""
    if edge.hull is not None:
        return edge.hull.vertices
    for number, hop in enumerate(around):
        if hop.edge.hull is None:
            continue
        corners = hop.edge.hull.vertices
        before = number if hop.forward else number + 1
        back = tuple(Hop(each.edge, not each.forward) for each in reversed(around[:before]))
        if all(_passable(each) for each in back):
            return walk(back, corners).end
    return None

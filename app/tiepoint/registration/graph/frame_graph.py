"""The coordinate graph: where a point lies in another dataset, and how sure that is.

Frames are nodes, registrations, stage links and calibrations are edges. All transforms map the
own unit of one frame to the own unit of the other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, chain
from tiepoint.registration.graph.closure import LoopClosure, check_loops
from tiepoint.registration.graph.joint import close_loops
from tiepoint.registration.graph.locate import Location, locate_along
from tiepoint.registration.graph.paths import Path, PathFailure, find_path
from tiepoint.registration.graph.route import current_transform
from tiepoint.registration.graph.solution import Solution
from tiepoint.registration.graph.spanning import loops_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.graph.frames import Edge, Frame
    from tiepoint.support.arrays import FloatArray

CONTRADICTION = 1e-3
"""Probability below which a loop's misclosure is no chance and is not shared out."""


@dataclass(frozen=True, eq=False)
class FrameGraph:
    """Frames and the edges in use between them.

    Parameters
    ----------
    frames, edges
        Plain values; see `Frame` and `Edge`.

    Raises
    ------
    TiepointError
        If an id occurs twice, an edge names a frame that is not there, or does not fit the
        dimensions of its frames.
    """

    frames: tuple[Frame, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        for kind, ids in (
            ("frames", [frame.id for frame in self.frames]),
            ("edges", [edge.id for edge in self.edges]),
        ):
            twice = [key for key, count in Counter(ids).items() if count > 1]
            if twice:
                raise TiepointError(f"Two {kind} of the graph have the id {twice[0]}.")
        for edge in self.edges:
            self._check(edge)

    def _check(self, edge: Edge) -> None:
        for name in (edge.moving, edge.fixed):
            if name not in self.by_id:
                raise TiepointError(f"The registration {edge.label or edge.id} names no dataset.")
        if edge.moving == edge.fixed:
            raise TiepointError(
                f"“{self.by_id[edge.moving].label}” cannot be registered to itself."
            )
        dimensions = self.by_id[edge.moving].dimension, self.by_id[edge.fixed].dimension
        if dimensions != (edge.transform.n_in, edge.transform.n_out):
            raise TiepointError(
                f"The registration {edge.label or edge.id} does not fit the dimensions of "
                f"“{self.by_id[edge.moving].label}” and “{self.by_id[edge.fixed].label}”."
            )

    @cached_property
    def by_id(self) -> dict[str, Frame]:
        """Frames by id."""
        return {frame.id: frame for frame in self.frames}

    @cached_property
    def loops(self) -> tuple[LoopClosure, ...]:
        """Whether each independent loop closes, tested at the edges' own estimates."""
        return check_loops(loops_of(self.by_id, self.edges), Solution.apart(self.edges))

    @cached_property
    def solution(self) -> Solution:
        """Parameters of all edges with their joint covariance, all sound loops closed."""
        sound = [
            closure.loop
            for closure in self.loops
            if not closure.reason and closure.chance >= CONTRADICTION
        ]
        return close_loops(self.edges, sound)

    def path(self, start: str, end: str, points: FloatArray | None = None) -> Path | PathFailure:
        """Find the way from one frame to another: fewest hops, then smallest predicted error.

        Parameters
        ----------
        start, end
            Frame ids.
        points
            (N, n) where the errors of the edges' own estimates are compared, own unit of
            `start`; ``None``: at the middle of the first edge's landmarks.

        Returns
        -------
        Path or PathFailure
            A failure in words where there is no way: never the identity.
        """
        return find_path(self.by_id, self.edges, Solution.apart(self.edges), start, end, points)

    def transform(self, start: str, end: str) -> Transform | PathFailure:
        """Return the map from one frame to another, own unit to own unit, loops closed."""
        path = self.path(start, end)
        if isinstance(path, PathFailure):
            return path
        steps = [current_transform(hop.edge, self.solution.thetas) for hop in path.hops]
        ways = zip(path.hops, steps, strict=True)
        return chain(
            Affine.identity(self.by_id[start].dimension),
            *(step if hop.forward else step.inverse() for hop, step in ways),
        )

    def locate(
        self, points: FloatArray, start: str, end: str, *, clicked: bool = False
    ) -> list[Location] | PathFailure:
        """Say where points of one frame lie in another, and how sure that is.

        Parameters
        ----------
        points
            (N, n) or (n,), own unit of `start`.
        start, end
            Frame ids.
        clicked
            The points were clicked in `start`: its localisation error is added.

        Returns
        -------
        list of Location, or PathFailure
            One answer per point, or why there is none.

        Raises
        ------
        TiepointError
            If the points do not have the dimension of `start`, are not finite, or are clicked
            where the localisation error is not known.
        """
        points = np.atleast_2d(np.asarray(points, float))
        path = self.path(start, end, points if points.size else None)
        if isinstance(path, PathFailure):
            return path
        frame = self.by_id[start]
        if points.shape[1] != frame.dimension or not np.isfinite(points).all():
            raise TiepointError(
                f"Points in “{frame.label}” need {frame.dimension} finite coordinates."
            )
        fle = None
        if clicked:
            if frame.fle is None:
                raise TiepointError(f"The localisation error in “{frame.label}” is not known.")
            fle = np.array(frame.fle, float)
        return locate_along(path, points, self.by_id, self.solution, fle, self._remarks(path))

    def _remarks(self, path: Path) -> tuple[str, ...]:
        """Say what the loops mean for a path."""
        used = {hop.edge.id for hop in path.hops}
        remarks = []
        for closure in self.loops:
            if closure.fails and used & {edge.id for edge in closure.loop.members}:
                remarks.append(self.describe(closure))
        if used & self.solution.loops_closed:
            remarks.append("Loops were closed: all registrations of them were adjusted together.")
        return tuple(remarks)

    def describe(self, closure: LoopClosure) -> str:
        """Return one sentence on a loop for people."""
        names = " – ".join(self.by_id[name].label for name in closure.loop.frames)
        if closure.reason:
            return f"The loop {names} cannot be tested: {closure.reason}."
        if not closure.fails:
            return f"The loop {names} closes (p = {closure.chance:.2g})."
        sentence = f"The loop {names} does not close (p = {closure.chance:.1g})"
        if not closure.suspects:
            return sentence + "."
        worst = next(edge for edge in self.edges if edge.id == closure.suspects[0])
        sides = f"{self.by_id[worst.moving].label} → {self.by_id[worst.fixed].label}"
        if closure.certain:
            return f"{sentence}: the registration {sides} is most likely at fault."
        return (
            f"{sentence}: look at {sides} first; a single loop cannot tell which of its "
            f"{len(closure.loop.members)} registrations is at fault."
        )

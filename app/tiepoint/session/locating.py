"""Where things lie in each other's frames, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.project.space import Space
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.registration.graph import Location
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

PLACED = (2, 3)
"""Axes in space of what has a place: images and volumes."""


class Locating:
    """Answers *where is this point in that dataset, and how sure are we?*."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._space: Space | None = None

    @property
    def space(self) -> Space:
        """The coordinate graph of the current project."""
        project = self._session.project
        if self._space is None or not self._space.is_of(project):
            self._space = Space(project)
        return self._space

    def locate(self, a: str, b: str, points: FloatArray) -> list[Location]:
        """Return where points of one dataset lie in another, with their 95 % ellipses.

        Parameters
        ----------
        a, b
            Dataset ids or names.
        points
            (N, K) physical positions in `a` (pixels where uncalibrated), axis order (y, x) or
            (z, y, x).

        Raises
        ------
        TiepointError
            If no registration leads from one to the other.
        """
        one, other = self._session.dataset(a), self._session.dataset(b)
        found = self.space.locate(np.asarray(points, float), one, other)
        return [self._with_staleness(location) for location in found]

    def _with_staleness(self, location: Location) -> Location:
        """Add that data were replaced under a registration on the way."""
        hops = {frozenset(ends) for ends in pairwise(location.path)}
        stale = [
            r.stale
            for r in self._session.project.registrations
            if r.in_use and r.stale and frozenset((r.moving, r.fixed)) in hops
        ]
        if not stale:
            return location
        return replace(location, warnings=(*location.warnings, *stale))

    def frame_transform(self, a: str, b: str) -> Transform:
        """Return (z, y, x) of dataset `a`'s frame to (z, y, x) of dataset `b`'s.

        Raises
        ------
        TiepointError
            If no registration leads there.
        """
        home = self._session.spectra.previews.home
        one, other = (self._session.dataset(home(dataset_id)) for dataset_id in (a, b))
        return self.space.frame_transform(one, other)

    def are_related(self, a: str, b: str) -> bool:
        """Whether registrations lead from one dataset to the other."""
        try:
            self.frame_transform(a, b)
        except TiepointError:
            return False
        return True

    def viewing_lines(self, image: str, volume: str) -> Transform | None:
        """Return (depth, y, x) of an image to (z, y, x) of the volume it is a projection of.

        ``None`` where the volume can be drawn as a section, or not at all.
        """
        if self.are_related(image, volume):
            return None
        try:
            return self.space.viewing_lines(
                self._session.dataset(image), self._session.dataset(volume)
            )
        except TiepointError:
            return None

    def can_be_seen(self, frame: str, dataset: str) -> bool:
        """Whether a dataset can be drawn in a frame: as a section, or as a projection."""
        related = self.are_related(frame, dataset)
        return related or self.viewing_lines(frame, dataset) is not None

    def error_radius(self, a: str, b: str, point: FloatArray) -> float | None:
        """Return the largest semi-axis of the 95 % ellipse in `b`'s unit; ``None``: not known."""
        try:
            found = self.locate(a, b, np.asarray(point, float)[None])[0]
        except TiepointError:
            return None
        return None if found.semi_axes is None else float(found.semi_axes.max())

    def vertices_in(self, region: Region, dataset: Dataset) -> FloatArray:
        """Return (N, K) a region's vertices in another dataset's physical coordinates."""
        home = self._session.dataset(region.dataset)
        vertices = np.asarray(region.vertices, float)
        if home.frame == dataset.frame and home.unit == dataset.unit:
            return vertices
        there = self.in_frame(region, dataset.id)
        return there if dataset.ndim_space == 3 else there[:, 1:]

    def in_frame(self, region: Region, frame: str) -> FloatArray:
        """Return (N, 3) a region's vertices in the coordinates (z, y, x) of a frame."""
        home = self._session.dataset(region.dataset)
        vertices = np.asarray(region.vertices, float)
        full = vertices if vertices.shape[1] == 3 else np.pad(vertices, ((0, 0), (1, 0)))
        return self.frame_transform(home.id, frame)(full)

    def disagreement(self, dataset_id: str) -> str:
        """Return why a dataset's own registrations contradict others; empty if they agree.

        Every loop of registrations is tested (see `registration.graph.closure`).
        """
        own = {
            r.id for r in self._session.project.registrations if r.in_use and r.moving == dataset_id
        }
        if not own:
            return ""
        graph = self.space.graph
        return next(
            (
                graph.describe(closure)
                for closure in graph.loops
                if closure.fails and own & {edge.id for edge in closure.loop.members}
            ),
            "",
        )

    def state(self, dataset_id: str) -> str:
        """Return a dataset's registration state in a few words for the tree."""
        dataset = self._session.dataset(dataset_id)
        project = self._session.project
        reference = reference_dataset(project)
        frames = {d.frame for d in project.datasets if d.ndim_space in PLACED}
        if reference is None or dataset.ndim_space not in PLACED or len(frames) < 2:
            return ""
        if dataset.frame == reference.frame:
            return "fixed" if dataset.id == reference.id else ""
        problem = next(
            (
                r.problem
                for r in project.registrations
                if r.moving == dataset_id and r.in_use and r.problem
            ),
            "",
        )
        if problem:
            return "does not fit yet"
        if any(r.stale and r.in_use and r.moving == dataset_id for r in project.registrations):
            return "data replaced"
        if self.disagreement(dataset_id):
            return "does not agree"
        if not self.can_be_seen(reference.id, dataset.id):
            return "not registered"
        radius = self.error_radius(dataset.id, reference.id, bounds(dataset).mean(axis=0))
        if radius is None:
            return "± not known"
        words = f"± {format_length(radius, reference.unit, 2)}"
        return f"by stage {words}" if _by_stage(project, dataset_id) else words


def _by_stage(project: Project, dataset_id: str) -> bool:
    """Whether a dataset lies where its stage position says, and no landmark says better."""
    return any(
        r.moving == dataset_id and r.in_use and not r.pairs and r.found.method == "stage"
        for r in project.registrations
        if r.found is not None
    )


def reference_dataset(project: Project) -> Dataset | None:
    """Return the dataset that others are registered to: fixed most often, else the first.

    Single spectra and logs have no place and come last.
    """
    fixed = [r.fixed for r in project.registrations if r.in_use]
    moving = {r.moving for r in project.registrations if r.in_use}
    best = max(
        project.datasets,
        key=lambda d: (
            d.ndim_space in PLACED,
            fixed.count(d.id) > 0 and d.id not in moving,
            fixed.count(d.id),
        ),
        default=None,
    )
    return best

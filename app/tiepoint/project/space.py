"""Where everything lies: the coordinate graph of a project."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.planes import extend, viewing_lines
from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.geometry.transforms import Affine, Transform, chain
from tiepoint.project import lookup
from tiepoint.project.refit import fit_of, fle_of
from tiepoint.registration.graph import Edge, Frame, FrameGraph, PathFailure
from tiepoint.registration.graph.route import current_transform
from tiepoint.registration.result import FitFailure
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.registration.graph import Location
    from tiepoint.support.arrays import FloatArray


class Space:
    """Answers where points of one dataset lie in another, for one value of the project.

    Every dataset with axes in space is a node; datasets that share a frame are joined exactly,
    registrations in use join them with their error.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._transforms: dict[tuple[str, str], Transform | str] = {}
        self._lines: dict[tuple[str, str], Transform | str] = {}

    def is_of(self, project: Project) -> bool:
        """Whether this is the space of `project`: the same datasets and registrations."""
        own = self._project
        return own is project or (
            _placing(own) == _placing(project) and own.registrations == project.registrations
        )

    @cached_property
    def graph(self) -> FrameGraph:
        """Nodes are dataset ids."""
        frames = {d.id: _frame(d) for d in self._project.datasets if d.ndim_space in (2, 3)}
        edges = [*self._shared(frames), *self._registered(frames)]
        return FrameGraph(tuple(frames.values()), tuple(edges))

    def locate(
        self, points: FloatArray, a: Dataset, b: Dataset, *, clicked: bool = False
    ) -> list[Location]:
        """Return where `points` of dataset `a` lie in dataset `b`; see `FrameGraph.locate`.

        Raises
        ------
        TiepointError
            If no registration leads there, or the points do not fit.
        """
        found = self.graph.locate(points, a.id, b.id, clicked=clicked)
        if isinstance(found, PathFailure):
            raise TiepointError(found.sentence)
        return found

    def frame_transform(self, a: Dataset, b: Dataset) -> Transform:
        """Return the map of (z, y, x) in `a`'s own unit to (z, y, x) in `b`'s own unit.

        An image lies at z = 0; see `geometry.planes.extend`.

        Raises
        ------
        TiepointError
            If no registration leads there.
        """
        key = (a.id, b.id)
        if key not in self._transforms:
            self._transforms[key] = self._compose(*key)
        known = self._transforms[key]
        if isinstance(known, str):
            raise TiepointError(known)
        return known

    def viewing_lines(self, image: Dataset, volume: Dataset) -> Transform:
        """Return where the viewing lines of an image run in a volume that it shows.

        Returns
        -------
        Transform
            (depth, y, x) of `image` to (z, y, x) of `volume`, each in its own unit; see
            `geometry.planes.viewing_lines`.

        Raises
        ------
        TiepointError
            If no projection leads from the volume to the image.
        """
        key = (image.id, volume.id)
        if key not in self._lines:
            self._lines[key] = self._seen_through(*key)
        known = self._lines[key]
        if isinstance(known, str):
            raise TiepointError(known)
        return known

    def _seen_through(self, image: str, volume: str) -> Transform | str:
        path = self.graph.path(volume, image)
        if isinstance(path, PathFailure):
            return path.sentence
        steps: list[Transform] = [Affine.identity(3)]
        projected = False
        try:
            for hop in reversed(path.hops):
                step = current_transform(hop.edge, self.graph.solution.thetas)
                if isinstance(step, Affine) and (step.n_in, step.n_out) == (3, 2):
                    projected = True
                    steps.append(viewing_lines(step))
                else:
                    whole = extend(step)
                    steps.append(whole.inverse() if hop.forward else whole)
        except ValueError as error:
            return f"This cannot be drawn: {error}."
        if not projected:
            return "No projection leads from this volume to the image."
        return chain(*steps)

    def _compose(self, start: str, end: str) -> Transform | str:
        path = self.graph.path(start, end)
        if isinstance(path, PathFailure):
            return path.sentence
        steps: list[Transform] = [Affine.identity(3)]
        try:
            for hop in path.hops:
                step = extend(current_transform(hop.edge, self.graph.solution.thetas))
                steps.append(step if hop.forward else step.inverse())
        except ValueError as error:
            return f"This cannot be drawn: {error}."
        return chain(*steps)

    def _shared(self, frames: dict[str, Frame]) -> Iterator[Edge]:
        first: dict[tuple[str, int], Dataset] = {}
        for dataset in self._project.datasets:
            if dataset.id not in frames:
                continue
            home = first.setdefault((dataset.frame, dataset.ndim_space), dataset)
            if home is dataset or (home.unit is None) != (dataset.unit is None):
                continue
            n = dataset.ndim_space
            ratio = unit_ratio(dataset.unit, home.unit)
            transform = Affine.scaling(np.full(n, ratio), np.zeros(n))
            yield Edge.exact(f"{dataset.id} in its frame", dataset.id, home.id, transform)

    def _registered(self, frames: dict[str, Frame]) -> Iterator[Edge]:
        for registration in self._project.registrations:
            if not registration.in_use or registration.result is None:
                continue
            if registration.moving not in frames or registration.fixed not in frames:
                continue
            name = lookup.name_of(self._project, registration.moving)
            fixed = lookup.name_of(self._project, registration.fixed)
            found = registration.found
            if found is not None and not registration.pairs:
                if found.method == "stage" and found.sigma is not None:
                    yield Edge.stage(
                        registration.id,
                        registration.moving,
                        registration.fixed,
                        from_rfc5(registration.result.moving_to_fixed),
                        np.asarray(found.sigma),
                        label=f"{name} → {fixed}",
                    )
                    continue
                yield Edge.found(
                    registration.id,
                    registration.moving,
                    registration.fixed,
                    from_rfc5(registration.result.moving_to_fixed),
                    found.method,
                    found.sigma,
                    label=f"{name} → {fixed}",
                )
                continue
            fit = fit_of(self._project, registration)
            if isinstance(fit, FitFailure):
                continue
            yield Edge.from_fit(
                registration.id,
                frames[registration.moving],
                frames[registration.fixed],
                fit,
                label=f"{name} → {fixed}",
            )


def _frame(dataset: Dataset) -> Frame:
    return Frame(dataset.id, dataset.ndim_space, dataset.unit, dataset.name, fle_of(dataset))


def _placing(project: Project) -> list[tuple[object, ...]]:
    return [(d.id, d.frame, d.axes, d.fle, d.name) for d in project.datasets]

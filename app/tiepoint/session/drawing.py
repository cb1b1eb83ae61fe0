"""Drawing datasets in any plane of any frame, for the canvas and for figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.contrast import count_limits
from tiepoint.data.draft import Level
from tiepoint.data.sampling import Section, bounds, draw
from tiepoint.patterns.axes import is_scanned
from tiepoint.support.courtesy import Courtesy
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.geometry.resample import Order, SlabSpec
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl


class Drawing:
    """What a session shows where.

    Attributes
    ----------
    plainly
        Asked before drawing: whether to do without the compiled kernels, because they are not
        ready yet. The window sets it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.plainly: Callable[[], bool] = _never
        self.courtesy = Courtesy()

    def prepare(self, dataset: Dataset, control: TaskControl | None = None) -> None:
        """Compute what drawing a dataset needs and is not at hand; safe in the background.

        Maps are computed from their spectrum image, a spectrum image is shown as its sum over
        the spectral axis, a scan of patterns as their mean values, and display limits come from
        a sample.
        """
        if is_scanned(dataset) and self._stand_in(dataset) is None:
            self._session.patterns.reading.picture(dataset, control)
        if is_computed(dataset) and self._stand_in(dataset) is None:
            self._session.spectra.picture(dataset, control)
        if self._stand_in(dataset) is None:
            self._session.label_shares.count_for_drawing(dataset)
        if not dataset.rgb:
            self.limits(dataset)

    def levels(self, dataset: Dataset) -> tuple[Level, ...]:
        """Return the resolutions that drawing uses, finest first, spatial axes last.

        Of an image whose file is missing: its thumbnail.
        """
        stand_in = self._stand_in(dataset)
        if stand_in is not None:
            return (stand_in,)
        if is_computed(dataset):
            picture = self._session.spectra.picture(dataset)
            return (Level(picture, (1.0,) * picture.ndim, (0.0,) * picture.ndim),)
        if is_scanned(dataset):
            return (self._session.patterns.reading.picture(dataset),)
        return self._session.store.levels(dataset)

    def has_values(self, dataset: Dataset) -> bool:
        """Whether the finest of `levels` tells the value of every pixel at once.

        Not before a map is computed, and never of a scan of patterns, whose picture is a sample.
        """
        if is_scanned(dataset):
            return False
        return not is_computed(dataset) or self._session.spectra.is_ready(dataset)

    def _stand_in(self, dataset: Dataset) -> Level | None:
        if not self._session.linking.problem(dataset):
            return None
        return self._session.thumbnails.stand_in(dataset)

    def limits(self, dataset: Dataset) -> tuple[float, float]:
        """Return display limits: the project's, or those of a sample."""
        picture = self.levels(dataset)[-1].array
        if dataset.recipe is not None and dataset.display.limits is None:
            from tiepoint.spectra.legend import display_limits

            net = dataset.recipe.background != "none"
            return self._session.store.limits(dataset, picture, lambda v: display_limits(v, net))
        if dataset.kind == "points":
            return self._session.store.limits(dataset, picture, count_limits)
        return self._session.store.limits(dataset, picture)

    def limits_if_known(self, dataset: Dataset) -> tuple[float, float] | None:
        """Return display limits without reading anything."""
        if dataset.recipe is not None and self._session.spectra.is_ready(dataset):
            return self.limits(dataset)
        return self._session.store.known_limits(dataset)

    def section(
        self,
        dataset: Dataset,
        frame: str,
        plane: Plane,
        grid: Grid,
        control: TaskControl | None = None,
        order: Order = "linear",
        slab: SlabSpec | None = None,
    ) -> Section:
        """Draw a dataset in a plane of a frame: a section, or a volume's projection onto an image.

        Parameters
        ----------
        dataset
            What to draw.
        frame
            Id of the dataset in whose coordinates `plane` is given.
        plane, grid
            Where: the plane in the frame, and the pixels in plane coordinates.
        order
            ``"linear"``, ``"nearest"`` or ``"cubic"``; labels are always nearest.
        slab
            Thickness of the section, in the frame's unit; labels have none.

        Raises
        ------
        TiepointError
            If no registration leads from the frame to the dataset, or it cannot be read.
        """
        with self.courtesy:
            return self._section(dataset, frame, plane, grid, control, order, slab)

    def _section(
        self,
        dataset: Dataset,
        frame: str,
        plane: Plane,
        grid: Grid,
        control: TaskControl | None,
        order: Order,
        slab: SlabSpec | None,
    ) -> Section:
        lines = self._session.locating.viewing_lines(frame, dataset.id)
        if lines is not None:
            from tiepoint.session.projecting import project

            return project(self._session, dataset, lines, plane, grid, control, slab)
        drawable = shown_axes(dataset)
        to_dataset = self._session.locating.frame_transform(frame, dataset.id)
        return draw(
            drawable,
            self.levels(dataset),
            grid,
            plane,
            to_dataset,
            leading=self.leading(drawable),
            order=_order(dataset, order, slab),
            slab=None if dataset.kind == "labels" else slab,
            cache=self._session.store.chunks,
            cancel=control.cancelled if control else None,
            plainly=self.plainly(),
        )

    def leading(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the index shown on the axes before the spatial ones: the time that is chosen."""
        return self._session.series.leading(dataset)

    def bounds_in_plane(self, dataset_id: str, frame: str, plane: Plane) -> FloatArray | None:
        """Return (2, 2) lowest and highest plane coordinates (y, x) a dataset reaches.

        ``None`` if no registration leads there.
        """
        dataset = self._session.dataset(dataset_id)
        lines = self._session.locating.viewing_lines(frame, dataset_id)
        if lines is not None:
            from tiepoint.session.projecting import corners_seen

            seen = corners_seen(dataset, lines)[:, 1:]
            return np.array([seen.min(axis=0), seen.max(axis=0)])
        try:
            to_frame = self._session.locating.frame_transform(dataset.id, frame)
        except TiepointError:
            return None
        box = bounds(dataset)
        if dataset.ndim_space == 2:
            box = np.column_stack([np.zeros(2), box])
        corners = np.array([[z, y, x] for z in box[:, 0] for y in box[:, 1] for x in box[:, 2]])
        flat = (to_frame(corners) - plane.origin_zyx) @ plane.basis
        return np.array([flat.min(axis=0), flat.max(axis=0)])


def is_computed(dataset: Dataset) -> bool:
    """Whether a dataset's picture is computed from a spectrum image."""
    return dataset.kind == "spectrum image" or dataset.recipe is not None


def shown_axes(dataset: Dataset) -> Dataset:
    """Return the dataset as its picture is calibrated: without its spectra or patterns."""
    if dataset.kind != "spectrum image" and not is_scanned(dataset):
        return dataset
    return dataset.replace(axes=dataset.spatial_axes)


def leading_axes(dataset: Dataset) -> int:
    """Return how many axes stand before the spatial ones."""
    for place, axis in enumerate(dataset.axes):
        if axis.role == "space":
            return place
    raise TiepointError(f"{dataset.name} has no axes in space and cannot be drawn.")


def _order(dataset: Dataset, wanted: Order, slab: SlabSpec | None) -> Order:
    """Return the interpolation: labels stay as they are, and a mean mixes values anyway."""
    if dataset.kind == "labels":
        return "nearest"
    return "linear" if wanted == "nearest" and slab and slab.method == "mean" else wanted


def _never() -> bool:
    return False

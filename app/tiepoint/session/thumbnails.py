"""Small pictures of datasets, kept in the project: shown while a file is missing."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.draft import Level
from tiepoint.project.arrays import thumbnail_key
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

SIDE = 256
MOST_VALUES = 1 << 25
KINDS = ("image", "labels", "volume", "spectrum image", "diffraction")


class Thumbnails:
    """The small pictures of a session, by dataset id."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pictures: dict[str, AnyArray] = {}

    def adopt(self, arrays: Mapping[str, AnyArray]) -> None:
        """Take over the thumbnails among a project's embedded arrays."""
        for dataset in self._session.project.datasets:
            picture = arrays.get(thumbnail_key(dataset.id))
            if picture is not None and picture.ndim in (2, 3):
                self._pictures[dataset.id] = picture

    def learn(self, arrays: Mapping[str, AnyArray]) -> None:
        """Take over the thumbnails that are not there yet, of another version of the project."""
        known = {thumbnail_key(key) for key in self._pictures}
        self.adopt({key: picture for key, picture in arrays.items() if key not in known})

    def of(self, project: Project) -> dict[str, AnyArray]:
        """Return the thumbnails of a project's datasets by key, for saving."""
        ids = {dataset.id for dataset in project.datasets}
        return {thumbnail_key(key): v for key, v in dict(self._pictures).items() if key in ids}

    def stand_in(self, dataset: Dataset) -> Level | None:
        """Return a coarse level to draw instead of an image whose file is not there.

        A volume has none: one slice would look like all of it.
        """
        picture = self._pictures.get(dataset.id)
        if picture is None or dataset.ndim_space != 2 or not dataset.spatial_axes:
            return None
        if (picture.ndim == 3) != dataset.rgb:
            return None
        axes = dataset.spatial_axes
        factors = tuple(a.size / n for a, n in zip(axes, picture.shape[:2], strict=True))
        rest = (1.0,) if dataset.rgb else ()
        origin = tuple((f - 1) / 2 for f in factors)
        return Level(picture, (*factors, *rest), (*origin, *(0.0,) * len(rest)))

    def make_missing(self, control: TaskControl | None = None) -> None:
        """Make the thumbnails that are not there yet; may run in the background."""
        for dataset in self._session.project.datasets:
            if control is not None:
                control.check()
            if dataset.id in self._pictures or self._session.linking.problem(dataset):
                continue
            try:
                picture = self._make(dataset)
            except TiepointError:
                continue
            if picture is not None:
                self._pictures[dataset.id] = picture

    def forget(self, dataset_id: str) -> None:
        """Forget a thumbnail: the data are others now."""
        self._pictures.pop(dataset_id, None)

    def _make(self, dataset: Dataset) -> AnyArray | None:
        session = self._session
        if dataset.kind not in KINDS or dataset.recipe is not None or dataset.ndim_space < 2:
            return None
        if dataset.kind == "spectrum image" and not session.spectra.is_ready(dataset):
            return None
        if dataset.kind == "diffraction" and not session.patterns.reading.is_sampled(dataset):
            return None
        array = session.drawing.levels(dataset)[-1].array
        ndim = 3 if dataset.rgb else 2
        plane = array.shape[-ndim:]
        if np.prod(plane, dtype=float) > MOST_VALUES:
            return None
        leading = array.shape[: len(array.shape) - ndim]
        middle = tuple(
            count // 2 if dataset.ndim_space == 3 and place == len(leading) - 1 else 0
            for place, count in enumerate(leading)
        )
        values = np.asarray(array[(*middle, ...)])
        if values.dtype.kind not in "biuf" or values.size == 0:
            return None
        return shrunk(values, nearest=dataset.kind == "labels")


def shrunk(values: AnyArray, side: int = SIDE, *, nearest: bool = False) -> AnyArray:
    """Return (h, w[, c]) values averaged to at most `side` pixels per axis, over the same extent.

    Parameters
    ----------
    nearest
        Take single values instead of means (labels).
    """
    step = max(1, ceil(max(values.shape[:2]) / side))
    if step == 1:
        return values if values.dtype == np.uint8 else values.astype(np.float32)
    starts = [
        np.arange(count := max(1, ceil(size / step))) * size // count for size in values.shape[:2]
    ]
    if nearest:
        return np.asarray(values[np.ix_(*starts)])
    sums = np.add.reduceat(values.astype(np.float64), starts[0], axis=0)
    sums = np.add.reduceat(sums, starts[1], axis=1)
    counts = [np.diff([*s, size]) for s, size in zip(starts, values.shape[:2], strict=True)]
    area = np.multiply.outer(counts[0], counts[1])
    means = sums / (area[..., None] if values.ndim == 3 else area)
    return means.round().astype(np.uint8) if values.dtype == np.uint8 else means.astype(np.float32)

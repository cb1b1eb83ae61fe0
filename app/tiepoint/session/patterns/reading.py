"""The pattern at a place, the mean pattern of a region, and a look at the whole scan."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.draft import Level
from tiepoint.data.sampling import Pinned, index_to_physical, physical_to_index
from tiepoint.patterns.axes import holds_patterns, is_scanned, pattern_axes
from tiepoint.patterns.flat import flat, flat_axes
from tiepoint.session.covering import covered_pixels, image_shape
from tiepoint.session.pointing import format_position
from tiepoint.session.spectra.live import LiveSum
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.patterns.sampling import Sample
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray, FloatArray
    from tiepoint.support.tasks import TaskControl


@dataclass(frozen=True, eq=False)
class Pattern:
    """One pattern to show.

    Attributes
    ----------
    values
        (ky, kx) as stored, or the mean.
    words
        Where it belongs: ``"y 12.8  x 25.6 nm  ·  row 1, column 2"``, ``"Mean of 24 patterns"``.
    """

    values: AnyArray
    words: str


def with_patterns(project: Project) -> list[Dataset]:
    """Return the datasets with patterns, scans first."""
    found = [dataset for dataset in project.datasets if holds_patterns(dataset)]
    return sorted(found, key=lambda dataset: not is_scanned(dataset))


class PatternReading:
    """Reads patterns; keeps what the next question will need again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._samples: dict[str, Sample] = {}
        self._live: dict[str, LiveSum] = {}
        self._lock = Lock()

    # -- values --------------------------------------------------------------------------

    def values(self, dataset: Dataset) -> ArrayLike:
        """Return (y, x, ky, kx) or (ky, kx), from memory or lazily, at the time that is shown.

        Raises
        ------
        TiepointError
            If the dataset holds no patterns or cannot be read.
        """
        return self._pinned(dataset, self._session.spectra.reading.memory.array(dataset))

    def original(self, dataset: Dataset) -> ArrayLike:
        """Return the same as the file gives it, for workers that may run on other machines."""
        return self._pinned(dataset, self._session.store.original(dataset))

    def _pinned(self, dataset: Dataset, whole: ArrayLike) -> ArrayLike:
        pattern_axes(dataset)
        leading = self._leading(dataset)
        return Pinned(whole, leading) if leading else whole

    def _leading(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the index on the axes before the scan's, or before the pattern's."""
        count = len(dataset.axes) - 2 - dataset.ndim_space
        if count == 0:
            return ()
        if dataset.ndim_space:
            return self._session.series.leading(dataset)
        return (0,) * count

    # -- single patterns -----------------------------------------------------------------

    def whole(self, dataset: Dataset, control: TaskControl | None = None) -> Pattern:
        """Return a single pattern, or of a scan the mean of a sample."""
        if not is_scanned(dataset):
            return Pattern(np.asarray(self.values(dataset)[...]), self._single_words(dataset))
        sample = self.sample(dataset, control)
        count = int(np.prod(image_shape(dataset)))
        share = f"{count:,}" if sample.is_whole else f"{sample.read:,} of {count:,}"
        return Pattern(sample.mean, f"Mean of {share} patterns")

    def _single_words(self, dataset: Dataset) -> str:
        if len(dataset.axes) == 2:
            return "A single pattern"
        return f"The first of {int(np.prod(dataset.shape[:-2])):,} patterns"

    def at(self, dataset: Dataset, frame: str, place_zyx: FloatArray) -> Pattern:
        """Return the pattern of the point of a scan that covers a place.

        Parameters
        ----------
        frame
            Id of the dataset in whose coordinates `place_zyx` (3,) is given.

        Raises
        ------
        TiepointError
            If no point of the scan lies there.
        """
        self._refuse_single(dataset)
        way = self._session.locating.frame_transform(frame, dataset.id)
        place = way(np.asarray(place_zyx, float)[None])[0, 1:]
        index = np.floor(physical_to_index(dataset)(place[None])[0] + 0.5).astype(int)
        if np.any(index < 0) or np.any(index >= image_shape(dataset)):
            raise TiepointError(f"The place lies outside the scan of {dataset.name}.")
        return self.at_index(dataset, int(index[0]), int(index[1]))

    def at_index(self, dataset: Dataset, row: int, column: int) -> Pattern:
        """Return the pattern of a point of a scan.

        Raises
        ------
        TiepointError
            If the scan has no such point.
        """
        self._refuse_single(dataset)
        rows, columns = image_shape(dataset)
        if not (0 <= row < rows and 0 <= column < columns):
            raise TiepointError(
                f"The scan of {dataset.name} has {rows} rows and {columns} columns, counted from"
                f" 0: there is no point ({row}, {column})."
            )
        values = np.asarray(self.values(dataset)[row, column])
        where = index_to_physical(dataset)(np.array([[row, column]], float))[0]
        words = f"row {row}, column {column}"
        if dataset.unit is not None:
            words = f"{format_position(where, dataset.unit)}  ·  {words}"
        return Pattern(values, words)

    # -- regions -------------------------------------------------------------------------

    def of_region(
        self, dataset: Dataset, region: Region, control: TaskControl | None = None
    ) -> Pattern:
        """Return the mean pattern of the points that a region covers, wherever it was drawn.

        Of a region that is being dragged only the points that came and went are read.

        Raises
        ------
        TiepointError
            If the region covers no point, or the two are not related.
        """
        self._refuse_single(dataset)
        shape = image_shape(dataset)
        mask = covered_pixels(self._session, dataset, region).full(shape)
        if not mask.any():
            raise TiepointError("The region holds no point of this scan.")
        source = self.values(dataset)
        with self._lock:
            key = f"{dataset.id} {self._leading(dataset)}"
            live = self._live.setdefault(key, LiveSum())
        axes = flat_axes(source.shape)
        found = live.of_mask(flat(source), axes, mask, control)
        mean = found.mean.reshape(source.shape[2:])
        plural = "pattern" if found.pixels == 1 else "patterns"
        return Pattern(mean, f"{region.name}: mean of {found.pixels:,} {plural}")

    # -- the whole scan ------------------------------------------------------------------

    def sample(self, dataset: Dataset, control: TaskControl | None = None) -> Sample:
        """Return mean values and the mean pattern of evenly spaced points, read once.

        Of a scan that is small enough these are all points.
        """
        from tiepoint.patterns.sampling import take_sample

        self._refuse_single(dataset)
        key = self._key(dataset)
        with self._lock:
            known = self._samples.get(key)
        if known is None:
            progress = control.progress if control is not None else None
            known = take_sample(self.values(dataset), progress)
            with self._lock:
                self._samples[key] = known
        return known

    def is_sampled(self, dataset: Dataset) -> bool:
        """Whether `sample` answers at once."""
        if not is_scanned(dataset):
            return False
        with self._lock:
            return self._key(dataset) in self._samples

    def picture(self, dataset: Dataset, control: TaskControl | None = None) -> Level:
        """Return what the canvas shows of a scan: the mean value of its patterns, coarsely."""
        sample = self.sample(dataset, control)
        factors = tuple(float(step) for step in sample.step)
        return Level(sample.picture, factors, tuple(float(first) for first in sample.first))

    def _key(self, dataset: Dataset) -> str:
        link = dataset.link
        address = "" if link is None else f"{link.path} {link.fast_hash}"
        return f"{dataset.id} {address} {self._leading(dataset)}"

    @staticmethod
    def _refuse_single(dataset: Dataset) -> None:
        pattern_axes(dataset)
        if not is_scanned(dataset):
            raise TiepointError(f"{dataset.name} is a single pattern: it has no points to choose.")

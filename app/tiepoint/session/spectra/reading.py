"""Spectra of whole datasets, of regions wherever they were drawn, and of the pixel at a place."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.region import Region
from tiepoint.session.covering import covered_pixels, image_shape
from tiepoint.session.spectra.kinds import SPECTRAL, spectral_axis
from tiepoint.session.spectra.live import LiveSum
from tiepoint.session.spectra.memory import SpectrumMemory
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.measure.masks import RegionMask
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import AnyArray, FloatArray
    from tiepoint.support.tasks import TaskControl

log = logging.getLogger(__name__)
BANDS = 12


@dataclass(frozen=True, eq=False)
class RegionSpectrum:
    """The spectrum of a region, and how well the region fits the spectrum image.

    Attributes
    ----------
    name
        Of the region.
    spectrum
        Of the pixels it covers.
    distance
        How far it lies beside the spectrum image's plane at most, in its unit.
    pixel
        Largest pixel side in that unit, to judge the distance by.
    error
        Largest semi-axis of the 95 % ellipse of its centre in the spectrum image, in that unit;
        0 where both share a frame, ``None`` where it is not known.
    """

    name: str
    spectrum: Spectrum
    distance: float
    pixel: float
    error: float | None = 0.0


class Reading:
    """Reads spectra; keeps what the next question will need again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.memory = SpectrumMemory(session)
        self._whole: dict[str, Spectrum] = {}
        self._live: dict[str, LiveSum] = {}
        self._lock = Lock()

    # -- whole datasets ------------------------------------------------------------------

    def whole_if_known(self, dataset: Dataset) -> Spectrum | None:
        """Return the sum over all pixels without reading anything."""
        return self._whole.get(_address(dataset))

    def whole(self, dataset: Dataset, control: TaskControl | None = None) -> Iterator[Spectrum]:
        """Yield the sum over the pixels read so far, the last time over all of them.

        The values are kept in memory on the way where they fit, and the compiled sums are made
        ready, so that what follows reads no file and waits for no compiler.

        Raises
        ------
        TiepointError
            If the dataset has no spectra or cannot be read.
        """
        known = self.whole_if_known(dataset)
        if known is not None:
            yield known
            return
        found: Spectrum | None = None
        for found in self._read(dataset, control):
            yield found
        if found is not None:
            self._whole[_address(dataset)] = found

    def prepare(self, dataset: Dataset, control: TaskControl | None = None) -> None:
        """Make the local copy that answers a dragged window at once, where one is worth it.

        That none could be made (no room, switched off) is no failure: everything works without.
        """
        from tiepoint.data.copies.make import NoCopyError

        copying = self._session.copying
        try:
            if copying.wanted(dataset):
                copying.make(dataset, control)
        except NoCopyError as error:
            log.info("%s", error)
        else:
            self.memory.give_way(dataset)

    def _read(self, dataset: Dataset, control: TaskControl | None) -> Iterator[Spectrum]:
        from tiepoint.spectra import atoms
        from tiepoint.spectra.sums import warm_up

        atoms.symbols()  # the tables take a second to load: not when the first line is named
        source = self.memory.array(dataset)
        axes, others = dataset.axes, [a for a in dataset.axes if a.role != SPECTRAL]
        if len(others) != 2:
            yield _sum_of_all(dataset, source)
            return
        copy = self.memory.room_for(dataset)
        place = dataset.axes.index(others[0])
        total: Spectrum | None = None
        for start, stop in _bands(source, place, others[0].size):
            part = tuple(slice(start, stop) if i == place else slice(None) for i in range(3))
            block = np.asarray(source[part])
            if copy is not None:
                copy[part] = block
            total = _added(total, _sum_of_block(block, axes, place))
            if control is not None:
                control.progress(stop / others[0].size)
            yield total
        if copy is not None:
            self.memory.keep(dataset, copy)
        kept = self.memory.array(dataset)
        if isinstance(kept, np.ndarray) and kept.dtype.kind in "uif":
            warm_up(kept.dtype)

    # -- regions -------------------------------------------------------------------------

    def of_region(
        self, dataset: Dataset, region: Region, control: TaskControl | None = None
    ) -> Spectrum:
        """Return the spectrum of the pixels that a region covers, wherever it was drawn.

        See `Spectra.of_region`.
        """
        from tiepoint.spectra.regions import mask_spectrum

        found = self.mask(dataset, region)
        progress = control.progress if control is not None else None
        return mask_spectrum(
            self.memory.array(dataset),
            dataset.axes,
            found.mask,
            (found.corner[0], found.corner[1]),
            progress=progress,
        )

    def spectrum_of(
        self,
        dataset: Dataset,
        region: Region,
        control: TaskControl | None = None,
        *,
        live: bool = False,
    ) -> RegionSpectrum:
        """Return the spectrum of a region and how far it lies beside the spectrum image.

        Parameters
        ----------
        live
            The region is being dragged: read only what changed.
        """
        read = self.live if live else self.of_region
        pixel = max(abs(axis.scale) for axis in dataset.spatial_axes)
        return RegionSpectrum(
            region.name,
            read(dataset, region, control),
            self.distance(dataset, region),
            pixel,
            self._error(dataset, region),
        )

    def _error(self, dataset: Dataset, region: Region) -> float | None:
        if self._session.dataset(region.dataset).frame == dataset.frame:
            return 0.0
        centre = np.asarray(region.vertices, float).mean(axis=0)
        return self._session.locating.error_radius(region.dataset, dataset.id, centre)

    def live(
        self, dataset: Dataset, region: Region, control: TaskControl | None = None
    ) -> Spectrum:
        """Return what `of_region` does, reading only the pixels that changed since the last call.

        For a region that is being dragged.
        """
        found = self.mask(dataset, region)
        with self._lock:
            live = self._live.setdefault(_address(dataset), LiveSum())
        return live.of_mask(
            self.memory.array(dataset), dataset.axes, found.full(image_shape(dataset)), control
        )

    def mask(self, dataset: Dataset, region: Region) -> RegionMask:
        """Return the pixels of a spectrum image that a region covers, wherever it was drawn.

        The outline is brought into the spectrum image's plane along that plane's normal; where
        the way there bends lines (thin-plate splines, projections), the outline bends with it.

        Raises
        ------
        TiepointError
            If the two are not related, or the region covers no area.
        """
        self._refuse_lines(dataset)
        return covered_pixels(self._session, dataset, region)

    def distance(self, dataset: Dataset, region: Region) -> float:
        """Return how far a region lies from a spectrum image's plane at most, in its unit."""
        if self._session.dataset(region.dataset).frame == dataset.frame:
            return 0.0
        places = self._session.locating.in_frame(region, dataset.id)
        return float(np.abs(places[:, 0]).max())

    def at(self, dataset: Dataset, frame: str, place_zyx: FloatArray) -> Spectrum:
        """Return the spectrum of the pixel at a place.

        Parameters
        ----------
        frame
            Id of the dataset in whose coordinates `place_zyx` (3,) is given.

        Raises
        ------
        TiepointError
            If no pixel lies there.
        """
        home = self._session.dataset(frame)
        place = place_zyx if home.ndim_space == 3 else place_zyx[1:]
        vertex = tuple(map(float, place))
        return self.of_region(
            dataset, Region(name="Pointer", shape="point", dataset=frame, vertices=(vertex,))
        )

    @staticmethod
    def _refuse_lines(dataset: Dataset) -> None:
        spectral_axis(dataset)
        if dataset.ndim_space != 2:
            raise TiepointError(f"{dataset.name} is no image: no region can be picked in it.")


def _address(dataset: Dataset) -> str:
    link = dataset.link
    return f"{dataset.id} {link.path} {link.fast_hash}" if link is not None else dataset.id


def _bands(source: ArrayLike, place: int, rows: int) -> Iterator[tuple[int, int]]:
    """Cut the rows into a few bands along the file's chunks."""
    chunks = getattr(source, "chunks", None)
    step = chunks[place] if chunks and isinstance(chunks[place], int) else 1
    band = max(step, -(-rows // BANDS) // step * step)
    for start in range(0, rows, band):
        yield start, min(start + band, rows)


def _sum_of_block(block: AnyArray, axes: tuple[Axis, ...], place: int) -> Spectrum:
    from tiepoint.spectra.regions import rectangle_spectrum

    sizes = tuple(
        axis.replace(size=block.shape[i]) if i == place else axis for i, axis in enumerate(axes)
    )
    shape = [axis.size for axis in sizes if axis.role != SPECTRAL]
    return rectangle_spectrum(block, sizes, (0, 0, shape[0], shape[1]))


def _added(one: Spectrum | None, other: Spectrum) -> Spectrum:
    if one is None:
        return other
    return replace(other, total=one.total + other.total, pixels=one.pixels + other.pixels)


def _sum_of_all(dataset: Dataset, source: ArrayLike) -> Spectrum:
    """Return the sum of one spectrum, of a line of spectra, or of a stack of spectrum images."""
    from tiepoint.spectra.axis import centres
    from tiepoint.spectra.regions import Spectrum

    axis = spectral_axis(dataset)
    values = np.asarray(source)
    place = dataset.axes.index(axis)
    others = tuple(i for i in range(values.ndim) if i != place)
    return Spectrum(
        positions=centres(axis),
        unit=axis.unit,
        name=axis.name,
        total=np.asarray(values.sum(axis=others, dtype=float)),
        pixels=max(values.size // axis.size, 1),
        counts=values.dtype.kind in "ui",
    )

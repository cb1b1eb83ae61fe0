"""Painting one plane of output: windows in parallel, pages read as they are touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tiepoint.geometry.courses import TILE, Course, Window, courses
from tiepoint.geometry.page_loading import PageLoading
from tiepoint.geometry.transforms import Affine, Transform
from tiepoint.geometry.workers import READING_THREADS, run_all
from tiepoint.support.tasks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.geometry.chunk_cache import ChunkCache
    from tiepoint.geometry.paging import PagedSource, Pages
    from tiepoint.support.arrays import AnyArray

BLOCK = 2048
"""Rows and columns planned at once: bounds the memory of coordinates."""

BAND = 64
"""Rows per piece of parallel work for affine maps."""

PINNED_BYTES = 2**28
"""Pages held at once; a block that needs more is halved."""

LEAST_BLOCK = 32

NEAREST, LINEAR, CUBIC = 0, 1, 3


class Store(NamedTuple):
    """How the kernels write values.

    Attributes
    ----------
    fill
        (1,) value outside the source, of the output's type.
    rounding
        Whether to round half up and clip to `low` … `high` (integer outputs).
    real
        Empty array of the type to calculate in: float32 where it holds every source value.
    gaps
        Whether the source may hold NaN.
    """

    fill: AnyArray
    rounding: bool
    low: float
    high: float
    real: AnyArray
    gaps: bool

    @classmethod
    def of(cls, fill: AnyArray, source: np.dtype[Any]) -> Store:
        """Return the way to write values of `source`'s type as the type of `fill`."""
        real = np.empty(0, np.float64 if source.itemsize > 4 or source == np.int32 else np.float32)
        if fill.dtype.kind not in "iu":
            return cls(fill, False, 0.0, 0.0, real, source.kind == "f")
        limits = np.iinfo(fill.dtype)
        high = float(limits.max)
        if int(high) > limits.max:
            high = float(np.nextafter(high, 0.0))
        return cls(fill, True, float(limits.min), high, real, source.kind == "f")


class Planned(NamedTuple):
    """A band of output before it is drawn: its courses and the numbers of the pages it needs."""

    courses: list[Course]
    pages: AnyArray


@dataclass(frozen=True, eq=False)
class Painter:
    """Draws planes from one source.

    Parameters
    ----------
    source
        The source in pages.
    order
        0 (nearest), 1 (linear) or 3 (cubic).
    fill
        (1,) value outside the source, of the output's type.
    cache
        Where pages that were read are kept.
    cancel
        Asked between pieces of work.
    """

    source: PagedSource
    order: int
    fill: AnyArray
    cache: ChunkCache
    cancel: Callable[[], bool] | None = None

    def paint(
        self,
        transform: Transform,
        values: AnyArray,
        mask: AnyArray,
        progress: Callable[[float], None],
    ) -> None:
        """Fill one plane.

        Parameters
        ----------
        transform
            Output index (row, col) to source index.
        values
            (colours or 1, rows, cols), C-contiguous, filled here.
        mask
            (rows, cols), filled here.
        progress
            Told the fraction done.
        """
        rows, cols = mask.shape
        if 0 in self.source.shape:
            values[...], mask[...] = self.fill[0], False
            return
        blocks = _split((0, 0, rows, cols), BLOCK, BLOCK)
        for done, block in enumerate(blocks, 1):
            if self.source.memory is not None:
                self._paint_block(transform, block, values, mask)
            else:
                self._paint_paged_block(transform, block, values, mask)
            progress(done / len(blocks))

    def _paint_block(
        self, transform: Transform, block: Window, values: AnyArray, mask: AnyArray
    ) -> None:
        def work(band: Window) -> None:
            self._draw(self.source.pages, self._courses(transform, band), values, mask)

        run_all(work, _bands(transform, block), self.cancel)

    def _paint_paged_block(
        self, transform: Transform, block: Window, values: AnyArray, mask: AnyArray
    ) -> None:
        plan = partial(self._plan, transform)
        planned = run_all(plan, _bands(transform, block), self.cancel)
        n_pages = len(np.unique(np.concatenate([band.pages for band in planned])))
        too_much = n_pages * self.source.page_bytes > PINNED_BYTES
        if too_much and max(block[2:]) > LEAST_BLOCK:
            for half in _halves(block):
                self._paint_paged_block(transform, half, values, mask)
            return
        loading = PageLoading(self.source, self.cache, self.cancel)
        loaded = self.source.pages._replace(address=loading.address)

        def draw(band: Planned) -> None:
            if self.cancel is not None and self.cancel():
                raise Cancelled
            loading.wait_for(band.pages.tolist())
            self._draw(loaded, band.courses, values, mask)

        # A band is drawn while the pages of the next are read.
        reads = [_reads(loading, band) for band in planned]
        steps = reads[0]
        for band, following in zip(planned, [*reads[1:], []], strict=True):
            steps += [*following, partial(draw, band)]
        run_all(_call, steps, threads=READING_THREADS if len(steps) > len(planned) else None)

    def _courses(self, transform: Transform, band: Window) -> list[Course]:
        return courses(
            transform, band, self.source.shape[1:] if self.source.flat else self.source.shape
        )

    def _plan(self, transform: Transform, band: Window) -> Planned:
        from tiepoint.geometry.kernels import mark_pages

        planned = self._courses(transform, band)
        untyped = self.source.pages._replace(token=np.empty(0, np.uint8))
        needed = np.zeros(untyped.address.size, bool)
        for course in planned:
            mark_pages(untyped, course, self.order, needed)
        return Planned(planned, np.flatnonzero(needed))

    def _draw(self, pages: Pages, planned: list[Course], values: AnyArray, mask: AnyArray) -> None:
        from tiepoint.geometry.kernels import draw_nearest, draw_smooth

        store = Store.of(self.fill, self.source.dtype)
        if self.order == NEAREST:
            store = store._replace(fill=self.fill.view(self.source.dtype))
        for colour, plane in enumerate(values):
            of_colour = self.source.of_colour(pages, colour)
            for course in planned:
                if self.order == NEAREST:
                    draw_nearest(of_colour, course, store, plane.view(self.source.dtype), mask)
                else:
                    draw_smooth(of_colour, course, store, self.order == CUBIC, plane, mask)


def _reads(loading: PageLoading, band: Planned) -> list[Callable[[], None]]:
    return [partial(loading.read, number) for number in loading.missing(band.pages.tolist())]


def _call(step: Callable[[], None]) -> None:
    step()


def _bands(transform: Transform, block: Window) -> list[Window]:
    return _split(block, BAND if isinstance(transform, Affine) else TILE, BLOCK)


def _split(window: Window, most_rows: int, most_cols: int) -> list[Window]:
    row, col, rows, cols = window
    return [
        (r, c, min(most_rows, row + rows - r), min(most_cols, col + cols - c))
        for r in range(row, row + rows, most_rows)
        for c in range(col, col + cols, most_cols)
    ]


def _halves(window: Window) -> list[Window]:
    rows, cols = window[2:]
    return (
        _split(window, -(-rows // 2), cols) if rows >= cols else _split(window, rows, -(-cols // 2))
    )

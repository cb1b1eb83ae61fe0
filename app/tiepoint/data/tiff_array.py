"""Image series of TIFF files as lazy arrays: tile by tile, or as one plain block."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.indexing import basic_index, result_shape, taken
from tiepoint.data.lazy import LazyArray
from tiepoint.data.raw import raw_array
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.data.indexing import Basic
    from tiepoint.support.arrays import AnyArray

logging.getLogger("tifffile").addHandler(logging.NullHandler())

TYPE_BYTES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
    17: 8, 18: 8,
}  # fmt: skip
"""Size of a value by the number of its TIFF type."""
JPEG = {6, 7, 34892, 33007}
"""TIFF compression schemes that need the file's JPEG tables."""


def tiff_array(series: Any) -> LazyArray:
    """Return a `tifffile.TiffPageSeries` (or one level of it) as a lazy array of its shape.

    Parameters
    ----------
    series
        A series of an open file; the result does not keep the file open.

    Raises
    ------
    TiepointError
        If the file is too short for the series.
    """
    shape = tuple(int(n) for n in series.shape)
    keyframe = series.keyframe
    file = keyframe.parent.filehandle
    dtype = np.dtype(series.dtype)
    if series.dataoffset is not None:
        stored = dtype.newbyteorder(keyframe.parent.byteorder)
        return raw_array(Path(file.path), int(series.dataoffset), shape, stored)
    paths, pages = _addresses(series)
    page_shape = tuple(int(n) for n in keyframe.shape)
    grid = _grid(shape, page_shape, len(pages), file.name)
    arguments = (paths, pages, grid, page_shape, dtype.str)
    return LazyArray(open_pages, arguments, grid + page_shape, dtype, _chunks(keyframe, grid))


def require_complete(tif: Any) -> tuple[str, ...]:
    """Check that the chain of pages of a fully indexed file ends properly.

    Returns
    -------
    tuple of str
        A sentence if the chain breaks off at something that is not a page.

    Raises
    ------
    TiepointError
        If the chain or the last page's values point beyond the end of the file.
    """
    file = tif.filehandle
    name = Path(file.path).name
    count = len(tif.pages)
    if count and _largest_offset(tif) > file.size:
        raise TiepointError(
            f"{name} is truncated: a part of its description lies beyond its end."
            " Copy it again from the instrument."
        )
    file.seek(tif.pages.next_page_offset)
    link = file.read(tif.tiff.offsetsize)
    follows = int.from_bytes(link, "little" if tif.byteorder == "<" else "big")
    if count == 0 or len(link) < tif.tiff.offsetsize or follows >= file.size:
        raise TiepointError(
            f"{name} is truncated: its list of pages breaks off after {count}."
            " Copy it again from the instrument."
        )
    last = tif.pages[count - 1]
    ends = [at + size for at, size in zip(last.dataoffsets, last.databytecounts, strict=False)]
    if ends and max(ends) > file.size:
        raise TiepointError(
            f"{name} is truncated: it should hold {max(ends)} bytes but has {file.size}."
            " Copy it again from the instrument."
        )
    if follows:
        return (f"The list of pages breaks off after {count}: there may have been more.",)
    return ()


def _largest_offset(tif: Any) -> int:
    """Return the end of the last value that the first page's directory points at, in bytes."""
    layout, file = tif.tiff, tif.filehandle

    def number(data: bytes) -> int:
        return int.from_bytes(data, "little" if tif.byteorder == "<" else "big")

    file.seek(tif.pages.first.offset)
    count = number(file.read(layout.tagnosize))
    entries = file.read(count * layout.tagsize)
    width = layout.offsetsize
    largest = 0
    for at in range(0, len(entries), layout.tagsize):
        kind = number(entries[at + 2 : at + 4])
        size = TYPE_BYTES.get(kind, 0) * number(entries[at + 4 : at + 4 + width])
        if size > width:
            place = number(entries[at + 4 + width : at + 4 + 2 * width])
            largest = max(largest, place + size)
    return largest


def _addresses(series: Any) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """Return the files and, per page, (number of the file, offset of the page's directory)."""
    numbers: dict[str, int] = {}
    pages = []
    for page in series:
        if page is None:
            pages.append((-1, 0))
            continue
        path = str(page.parent.filehandle.path)
        pages.append((numbers.setdefault(path, len(numbers)), int(page.offset)))
    return tuple(numbers), tuple(pages)


def _grid(
    shape: tuple[int, ...], page_shape: tuple[int, ...], count: int, name: str
) -> tuple[int, ...]:
    grid = shape[: len(shape) - len(page_shape)]
    if shape[len(grid) :] != page_shape or prod(grid) != count:
        raise TiepointError(
            f"{name} says it holds {prod(grid)} pages of {page_shape} but has {count}; it may be"
            " damaged."
        )
    return grid


def _chunks(page: Any, grid: tuple[int, ...]) -> tuple[int, ...]:
    _, _, height, width, _ = page.shaped
    tall, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
    tall, wide = min(max(tall, 1), height), min(max(wide, 1), width)
    if tall * wide < 1 << 16 and not page.is_tiled:
        tall = height
    planar = page.shaped[0] > 1 and len(page.shape) > 2
    inner = (1, tall, wide) if planar else (tall, wide, *page.shape[2:])
    if len(inner) != len(page.shape):
        inner = page.shape
    return (*(1,) * len(grid), *inner)


@contextmanager
def open_pages(
    paths: tuple[str, ...],
    pages: tuple[tuple[int, int], ...],
    grid: tuple[int, ...],
    page_shape: tuple[int, ...],
    dtype: str,
) -> Iterator[_Pages]:
    """Open the files' pages for one read."""
    opened = _Pages(paths, pages, grid, page_shape, np.dtype(dtype), {})
    try:
        yield opened
    finally:
        for tif in opened.files.values():
            tif.close()


@dataclass(frozen=True)
class _Pages:
    paths: tuple[str, ...]
    pages: tuple[tuple[int, int], ...]
    grid: tuple[int, ...]
    page_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    files: dict[int, Any]

    def __getitem__(self, key: Any) -> AnyArray:
        index = basic_index(key, self.grid + self.page_shape)
        outer, inner = index[: len(self.grid)], index[len(self.grid) :]
        values = np.empty(
            [len(taken(part)) for part in outer] + list(result_shape(inner)), self.dtype
        )
        places = [list(enumerate(taken(part))) for part in outer]
        if values.size:
            for place in product(*places):
                number = int(np.ravel_multi_index([i for _, i in place], self.grid)) if place else 0
                values[tuple(at for at, _ in place)] = self._page(number, inner)
        return values[tuple(0 if isinstance(part, int) else slice(None) for part in outer)]

    def _page(self, number: int, inner: Basic) -> AnyArray:
        at, offset = self.pages[number]
        if at < 0:
            return np.zeros(result_shape(inner), self.dtype)
        page = self._opened(at, offset, number)
        if tuple(page.shape) != self.page_shape or np.dtype(page.dtype) != self.dtype:
            raise TiepointError(
                f"Page {number} of {Path(self.paths[at]).name} differs from the first."
            )
        if page.shaped[1] > 1:
            return np.asarray(page.asarray()[inner])
        return read_part(page, inner)

    def _opened(self, at: int, offset: int, number: int) -> Any:
        import tifffile

        if at not in self.files:
            self.files[at] = tifffile.TiffFile(self.paths[at], _multifile=False)
        tif = self.files[at]
        tif.filehandle.seek(offset)
        return tifffile.TiffPage(tif, index=number)


def read_part(page: Any, inner: Basic) -> AnyArray:
    """Decode the tiles or strips of a page that a written-out index of its shape touches."""
    samples, rows, cols, contig = _parts(page, inner)
    box = np.zeros((len(samples), len(rows), len(cols), page.shaped[4]), page.dtype)
    extra = {}
    if page.compression in JPEG:
        extra = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
    for number in _touched(page, samples, rows, cols):
        data = _stored(page, number)
        part, (s, _, y, x, _), _ = page.decode(data, number, **extra)
        if part is not None:
            _paste(box, part[0], (s - samples.start, y - rows.start, x - cols.start))
    index: list[Any] = [slice(None, None, rows_cols_step(part)) for part in inner]
    shaped = _page_axes(page, box[..., contig.start : contig.stop])
    return np.asarray(
        shaped[
            tuple(0 if isinstance(part, int) else at for part, at in zip(inner, index, strict=True))
        ]
    )


def rows_cols_step(part: slice | int) -> int:
    """Return the step of one part of a written-out index."""
    return 1 if isinstance(part, int) else part.step


def _span(part: slice | int) -> range:
    wanted = taken(part)
    return range(wanted[0], wanted[-1] + 1)


def _parts(page: Any, inner: Basic) -> tuple[range, range, range, range]:
    """Return the samples, rows, columns and interleaved samples that `inner` spans."""
    spans = [_span(part) for part in inner]
    separate, _, _, _, contig = page.shaped
    if separate > 1:
        return spans[0], spans[1], spans[2], range(contig)
    return range(1), spans[0], spans[1], spans[2] if len(spans) > 2 else range(contig)


def _page_axes(page: Any, box: AnyArray) -> AnyArray:
    """Drop the axes of (separate, row, column, interleaved) that the page's shape lacks."""
    if page.shaped[0] > 1:
        return box[..., 0]
    return box[0] if len(page.shape) > 2 else box[0, ..., 0]


def _touched(page: Any, samples: range, rows: range, cols: range) -> Iterator[int]:
    """Yield the numbers of the segments that overlap the box."""
    _, _, height, width, _ = page.shaped
    tall = page.tilelength if page.is_tiled else min(page.rowsperstrip, height)
    wide = page.tilewidth if page.is_tiled else width
    down, across = -(-height // tall), -(-width // wide)
    for s in samples:
        for i in range(rows.start // tall, (rows.stop - 1) // tall + 1):
            for j in range(cols.start // wide, (cols.stop - 1) // wide + 1):
                yield (s * down + i) * across + j


def _stored(page: Any, number: int) -> bytes | None:
    try:
        offset, size = page.dataoffsets[number], page.databytecounts[number]
    except IndexError:
        raise TiepointError(
            f"{page.parent.filename} is damaged: tile {number} is missing."
        ) from None
    if size == 0:
        return None
    page.parent.filehandle.seek(offset)
    data: bytes = page.parent.filehandle.read(size)
    if len(data) < size:
        raise TiepointError(f"{page.parent.filename} is truncated: tile {number} breaks off.")
    return data


def _paste(box: AnyArray, part: AnyArray, corner: tuple[int, int, int]) -> None:
    """Copy what of `part` (rows, columns, samples) lies inside `box[sample]`."""
    s, y, x = corner
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + part.shape[0], box.shape[1]), min(x + part.shape[1], box.shape[2])
    if top < bottom and left < right:
        box[s, top:bottom, left:right] = part[top - y : bottom - y, left - x : right - x]

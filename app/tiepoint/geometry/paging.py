"""Sources in pages: arrays in memory as one page, chunked ones read chunk by touched chunk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray


class Source(Protocol):
    """What can be drawn: numpy arrays, memory maps, HDF5 and zarr arrays, dask and lazy arrays.

    An attribute ``chunks`` (as in zarr or in dask) says in which pieces it is best read, and
    ``cache_key`` (hashable) under which name its chunks are cached when the object changes.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels per axis, (z,) y, x and 3 or 4 colours."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""

    def __getitem__(self, key: Any) -> Any:
        """Read a part by basic slicing."""


class Pages(NamedTuple):
    """Where a source's values lie, for the kernels.

    A voxel's page is ``page_of[0][z] + page_of[1][y] + page_of[2][x]`` and its place in the page
    the same sum of `offset_of`. A source of one page has ``offset = stride · index``.

    Attributes
    ----------
    token
        Empty array of the values' type.
    address
        (pages,) int64 addresses; 0 for a page that was not loaded.
    page_of, offset_of
        Per axis (z, y, x) int64 tables from voxel index to page number and to offset, elements.
    stride
        Elements from one voxel to the next within a page, per axis.
    shape
        Voxels per axis.
    flat
        Whether the source is an image: z is then always 0.
    """

    token: AnyArray
    address: AnyArray
    page_of: tuple[AnyArray, ...]
    offset_of: tuple[AnyArray, ...]
    stride: tuple[int, ...]
    shape: tuple[int, ...]
    flat: bool


@dataclass(frozen=True, eq=False)
class PagedSource:
    """A source with the division into pages that the kernels use.

    Attributes
    ----------
    source
        What is read.
    dtype
        Type of the values in pages.
    raw
        Whether pages hold the bits of the values, as integers of the same size.
    edges
        Per axis (z, y, x) index of each page's first voxel and, last, the axis's length.
    colours
        Length of the last axis of colours, 0 without one.
    flat
        Whether the source is an image.
    memory
        The array itself, if it can be used where it is.
    """

    source: Source
    dtype: np.dtype[Any]
    raw: bool
    edges: tuple[AnyArray, ...]
    colours: int
    flat: bool
    memory: AnyArray | None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Voxels per axis (z, y, x)."""
        return tuple(int(edges[-1]) for edges in self.edges)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Pages per axis (z, y, x)."""
        return tuple(len(edges) - 1 for edges in self.edges)

    @cached_property
    def page_shape(self) -> tuple[int, ...]:
        """Voxels of the largest page per axis (z, y, x), then colours if there are."""
        sizes = tuple(int(np.diff(edges).max()) for edges in self.edges)
        return (*sizes, self.colours) if self.colours else sizes

    @property
    def page_bytes(self) -> int:
        """Bytes of one page."""
        return int(np.prod(self.page_shape, dtype=np.int64)) * self.dtype.itemsize

    @cached_property
    def pages(self) -> Pages:
        """The tables for the kernels; only an array in memory has its address in."""
        strides = self._strides()
        steps = (self.counts[1] * self.counts[2], self.counts[2], 1)
        page_of, offset_of = [], []
        for edges, step, stride in zip(self.edges, steps, strides, strict=True):
            index = np.arange(edges[-1], dtype=np.int64)
            page = np.searchsorted(edges, index, "right") - 1
            page_of.append(page.astype(np.int64) * step)
            offset_of.append((index - edges[page]) * stride)
        address = np.zeros(int(np.prod(self.counts)), np.int64)
        if self.memory is not None:
            address[0] = self.memory.__array_interface__["data"][0]
        return Pages(
            np.empty(0, self.dtype), address, tuple(page_of), tuple(offset_of),
            strides, self.shape, self.flat,
        )  # fmt: skip

    def of_colour(self, pages: Pages, colour: int) -> Pages:
        """Return `pages` for one colour of every page that is loaded."""
        if not self.colours:
            return pages
        step = self.memory.strides[-1] if self.memory is not None else self.dtype.itemsize
        return pages._replace(
            address=np.where(pages.address != 0, pages.address + colour * step, 0)
        )

    def key(self, number: int) -> tuple[Any, ...]:
        """Return the name of a page in a cache."""
        name = getattr(self.source, "cache_key", None)
        owner = id(self.source) if name is None else name
        return owner, self.dtype.str, self.raw, self.page_shape, self.flat, number

    def read(self, number: int) -> AnyArray:
        """Read one page: C-contiguous, of `page_shape`, padded where the source ends.

        Raises
        ------
        TiepointError
            If the source gives values of another shape than it announced.
        """
        place = np.unravel_index(number, self.counts)
        bounds = [
            (int(e[p]), int(e[p + 1])) for e, p in zip(self.edges, place, strict=True)
        ]  # fmt: skip
        key = tuple(slice(*pair) for pair in (bounds[1:] if self.flat else bounds))
        block = np.asarray(self.source[key])
        expected = [high - low for low, high in bounds] + [self.colours] * bool(self.colours)
        if block.size != prod(expected):
            raise TiepointError(
                f"A part of the data came back as {block.shape} instead of {tuple(expected)} "
                "values; the file may be damaged."
            )
        return self._padded(self._converted(block).reshape(expected))

    def _converted(self, block: AnyArray) -> AnyArray:
        if not self.raw:
            return block.astype(self.dtype, copy=False)
        native = np.ascontiguousarray(block.astype(block.dtype.newbyteorder("="), copy=False))
        return native.view(self.dtype)

    def _padded(self, block: AnyArray) -> AnyArray:
        if block.shape == self.page_shape:
            return np.ascontiguousarray(block)
        page = np.zeros(self.page_shape, self.dtype)
        page[tuple(slice(n) for n in block.shape)] = block
        return page

    def _strides(self) -> tuple[int, ...]:
        if self.memory is not None:
            steps = tuple(s // self.dtype.itemsize for s in self.memory.strides)
            return (0, *steps[:2]) if self.flat else steps[:3]
        _, rows, cols, *colours = self.page_shape
        pixel = colours[0] if colours else 1
        return rows * cols * pixel, cols * pixel, pixel

"""Source coordinates of output windows: exact for affine maps, interpolated within 0.1 px else.

A map is evaluated at nodes and is bilinear between them. For a map that is not affine the
distance of the nodes is halved, tile by tile, until the finer nodes lie within tolerance of what
the coarser ones foretold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

Window = tuple[int, int, int, int]
"""First row, first column, rows and columns of a part of the output."""

TOLERANCE_PX = 0.1
"""Largest error of an interpolated coordinate: source pixels, or output pixels if larger."""

AFFINE_STEP = (64, 128)
TILE = 128
FIRST_STEP = 32
POINTS_AT_ONCE = 8192


class Course(NamedTuple):
    """Source coordinates of a window of the output, bilinear between nodes.

    Attributes
    ----------
    nodes
        (R, C, 3) float64 source index (z, y, x) at every `step`-th output pixel.
    step
        Output pixels between nodes, along the row index and the column index.
    window
        First row, first column, rows and columns of the output.
    """

    nodes: FloatArray
    step: tuple[int, int]
    window: Window


def courses(transform: Transform, window: Window, source_shape: tuple[int, ...]) -> list[Course]:
    """Return the courses that together cover a window.

    Parameters
    ----------
    transform
        Output index (row, col) to source index (y, x) or (z, y, x).
    window
        Part of the output.
    source_shape
        Pixels of the source per axis of the map's output: where the map leads outside, it is not
        refined.
    """
    if isinstance(transform, Affine):
        return [_affine_course(transform, window)]
    tiles = _tiles(window)
    found: list[Course] = []
    step = FIRST_STEP
    while True:
        count = TILE // step + 1
        nodes = _evaluate(transform, _node_points(tiles, step, count))
        nodes = nodes.reshape(len(tiles), count, count, -1)
        good = settled(nodes, step, source_shape) if step > 1 else np.ones(len(tiles), bool)
        found += [
            _course(part, (step, step), tile)
            for part, tile, ok in zip(nodes, tiles, good, strict=True)
            if ok
        ]
        tiles = [tile for tile, ok in zip(tiles, good, strict=True) if not ok]
        if not tiles:
            return found
        step //= 2


def settled(nodes: FloatArray, step: int, source_shape: tuple[int, ...]) -> AnyArray:
    """Return which tiles need no finer nodes: (T,) bool.

    Halving the distance divides the error of a smooth map by four and of a kinked one by two;
    a tile is settled when every second node foretells the others within twice the tolerance.

    Parameters
    ----------
    nodes
        (T, n, n, K) source index at nodes, n odd.
    step
        Output pixels between nodes.
    source_shape
        (K,) pixels of the source.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.linalg.norm(nodes - _foretold(nodes[:, ::2, ::2]), axis=-1).max(axis=(1, 2))
        along = np.linalg.norm(np.diff(nodes, axis=1), axis=-1).mean(axis=(1, 2))
        across = np.linalg.norm(np.diff(nodes, axis=2), axis=-1).mean(axis=(1, 2))
        tolerance = TOLERANCE_PX * np.maximum(1.0, np.minimum(along, across) / step)
        low = nodes.min(axis=(1, 2)) - 2 * error[:, None]
        high = nodes.max(axis=(1, 2)) + 2 * error[:, None]
        outside = ((high < -0.5) | (low > np.array(source_shape) - 0.5)).any(axis=1)
        nowhere = ~np.isfinite(nodes).all(axis=-1).reshape(len(nodes), -1).any(axis=1)
    return np.asarray((error <= 2 * tolerance) | outside | nowhere)


def _foretold(coarse: FloatArray) -> FloatArray:
    """Bilinear values of (T, n, n, K) nodes on twice as fine a lattice."""
    for axis in (1, 2):
        n = coarse.shape[axis]
        lower, upper = np.take(coarse, range(n - 1), axis), np.take(coarse, range(1, n), axis)
        shape = list(coarse.shape)
        shape[axis] = 2 * n - 1
        fine = np.empty(shape)
        even: list[slice] = [slice(None)] * 4
        odd = list(even)
        even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
        fine[tuple(even)], fine[tuple(odd)] = coarse, (lower + upper) / 2
        coarse = fine
    return coarse


def _affine_course(transform: Affine, window: Window) -> Course:
    row, col, rows, cols = window
    step_rows, step_cols = AFFINE_STEP
    at_rows = row + step_rows * np.arange(-(-rows // step_rows) + 1)
    at_cols = col + step_cols * np.arange(-(-cols // step_cols) + 1)
    points = np.stack(np.meshgrid(at_rows, at_cols, indexing="ij"), -1).astype(float)
    nodes = transform(points.reshape(-1, 2)).reshape(*points.shape[:2], -1)
    return _course(nodes, AFFINE_STEP, window)


def _course(nodes: FloatArray, step: tuple[int, int], window: Window) -> Course:
    missing = 3 - nodes.shape[-1]
    padded = np.pad(np.asarray(nodes, float), [(0, 0), (0, 0), (missing, 0)])
    return Course(np.ascontiguousarray(padded), step, window)


def _tiles(window: Window) -> list[Window]:
    row, col, rows, cols = window
    return [
        (r, c, min(TILE, row + rows - r), min(TILE, col + cols - c))
        for r in range(row, row + rows, TILE)
        for c in range(col, col + cols, TILE)
    ]


def _node_points(tiles: list[Window], step: int, count: int) -> FloatArray:
    """(T * count**2, 2) output index of every tile's nodes."""
    inner = step * np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), -1)
    corners = np.array([tile[:2] for tile in tiles], float)
    return np.asarray(corners[:, None, None] + inner, float).reshape(-1, 2)


def _evaluate(transform: Transform, points: FloatArray) -> FloatArray:
    """Map points in pieces, so that a spline's matrices stay small."""
    pieces = range(0, len(points), POINTS_AT_ONCE)
    return np.concatenate([transform(points[p : p + POINTS_AT_ONCE]) for p in pieces])

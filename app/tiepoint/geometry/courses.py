"""Source coordinates of output windows: exact for affine maps, interpolated within 0.1 px else.

A map is evaluated at nodes, tile by tile. For a map that is not affine the distance of the nodes
is halved until the finer nodes lie within tolerance of what cubics through the coarser ones
foretold; cubics then give the nodes between which bilinear interpolation is good enough. Detail
of a map that fits unseen between nodes 32 output pixels apart, in an otherwise smooth tile, is
lost.
"""

from __future__ import annotations

from functools import cache
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
POINTS_AT_ONCE = 512


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
    while tiles:
        count = TILE // step + 1
        nodes = _evaluate(transform, _node_points(tiles, step, count))
        nodes = nodes.reshape(len(tiles), count, count, -1)
        good = settled(nodes, step, source_shape) if step > 1 else np.ones(len(tiles), bool)
        found += _smoothed([t for t, ok in zip(tiles, good, strict=True) if ok], nodes[good], step)
        tiles = [t for t, ok in zip(tiles, good, strict=True) if not ok]
        step //= 2
    return found


def settled(nodes: FloatArray, step: int, source_shape: tuple[int, ...]) -> AnyArray:
    """Return which tiles need no finer nodes: (T,) bool.

    Halving the distance divides the error of cubics by sixteen for a smooth map, by four near
    the centres of a thin-plate spline and by two at a kink; a tile is settled when every second
    node foretells the others within twice the tolerance.

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
        error = _largest(nodes - _halved(nodes[:, ::2, ::2]))
        tolerance = _tolerance(nodes, step)
        low = nodes.min(axis=(1, 2)) - 2 * error[:, None]
        high = nodes.max(axis=(1, 2)) + 2 * error[:, None]
        outside = ((high < -0.5) | (low > np.array(source_shape) - 0.5)).any(axis=1)
        nowhere = ~np.isfinite(nodes).all(axis=-1).reshape(len(nodes), -1).any(axis=1)
    return np.asarray((error <= 2 * tolerance) | outside | nowhere)


def _smoothed(tiles: list[Window], nodes: FloatArray, step: int) -> list[Course]:
    """Give settled tiles the nodes between which bilinear interpolation is good enough."""
    found: list[Course] = []
    while tiles:
        rough = np.zeros(len(tiles), bool)
        if step > 1:
            with np.errstate(invalid="ignore", over="ignore"):
                rough = _bend(nodes) > _tolerance(nodes, step) / 4
        smooth = [t for t, more in zip(tiles, rough, strict=True) if not more]
        found += _courses(nodes[~rough], step, smooth)
        tiles = [t for t, more in zip(tiles, rough, strict=True) if more]
        nodes, step = _halved(nodes[rough]), step // 2
    return found


def _bend(nodes: FloatArray) -> FloatArray:
    """Largest distance of cubics from straight lines between nodes, of each tile."""
    n = nodes.shape[1]
    weights = midpoint_weights(n, 3) - midpoint_weights(n, 1)
    return sum((_largest(_between(weights, nodes, axis)) for axis in (1, 2)), np.zeros(len(nodes)))


def _largest(difference: FloatArray) -> FloatArray:
    """Length of the longest vector of each tile: (T, n, n, K) to (T,)."""
    return np.asarray(np.sqrt(_squares(difference).max(axis=(1, 2))))


def _squares(vectors: FloatArray) -> FloatArray:
    """Squared length of vectors: (…, K) to (…)."""
    return np.asarray(np.einsum("...k,...k->...", vectors, vectors))


def _tolerance(nodes: FloatArray, step: int) -> FloatArray:
    """Tolerance in source pixels of each tile: larger where output pixels are."""
    along = np.sqrt(_squares(nodes[:, 1:] - nodes[:, :-1])).mean(axis=(1, 2))
    across = np.sqrt(_squares(nodes[:, :, 1:] - nodes[:, :, :-1])).mean(axis=(1, 2))
    return np.asarray(TOLERANCE_PX * np.fmax(1.0, np.minimum(along, across) / step))


def _halved(nodes: FloatArray) -> FloatArray:
    """Put a node on the cubic between each two of (T, n, n, K), along both axes."""
    tiles, n, _, size = nodes.shape
    weights = midpoint_weights(n, 3)
    finer = np.empty((tiles, 2 * n - 1, 2 * n - 1, size))
    finer[:, ::2, ::2] = nodes
    finer[:, 1::2, ::2] = _between(weights, nodes, 1)
    finer[:, :, 1::2] = _between(weights, finer[:, :, ::2], 2)
    return finer


def _between(weights: FloatArray, nodes: FloatArray, axis: int) -> FloatArray:
    """Weighted sums (n - 1) of (T, n, n, K) along axis 1 or 2."""
    if axis == 2:
        return np.asarray(weights @ nodes)
    tiles, n, across, size = nodes.shape
    return np.asarray(
        (weights @ nodes.reshape(tiles, n, across * size)).reshape(tiles, n - 1, across, size)
    )


@cache
def midpoint_weights(n: int, degree: int) -> FloatArray:
    """Return the weights (n - 1, n) of n equidistant values in the polynomial values between.

    Parameters
    ----------
    n
        At least 2.
    degree
        1, or 3: a cubic through the four values nearby, a parabola where there are three.
    """
    weights = np.zeros((n - 1, n))
    count = min(n, degree + 1)
    for row in range(n - 1):
        first = min(max(row - (count - 2) // 2, 0), n - count)
        at = np.arange(first, first + count)
        for k in at:
            others = at[at != k]
            weights[row, k] = np.prod((row + 0.5 - others) / (k - others))
    return weights


def _affine_course(transform: Affine, window: Window) -> Course:
    row, col, rows, cols = window
    step_rows, step_cols = AFFINE_STEP
    at_rows = row + step_rows * np.arange(-(-rows // step_rows) + 1)
    at_cols = col + step_cols * np.arange(-(-cols // step_cols) + 1)
    points = np.stack(np.meshgrid(at_rows, at_cols, indexing="ij"), -1).astype(float)
    nodes = transform(points.reshape(-1, 2)).reshape(*points.shape[:2], -1)
    return Course(_in_space(nodes), AFFINE_STEP, window)


def _courses(nodes: FloatArray, step: int, tiles: list[Window]) -> list[Course]:
    found = _in_space(nodes)
    return [Course(part, (step, step), tile) for part, tile in zip(found, tiles, strict=True)]


def _in_space(nodes: FloatArray) -> FloatArray:
    """Give coordinates (y, x) the z 0: (…, 3), C-contiguous float64."""
    found = np.zeros((*nodes.shape[:-1], 3))
    found[..., 3 - nodes.shape[-1] :] = nodes
    return found


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

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

FORETOLD = 0.7
"""Share of the tolerance by which nodes may miss what coarser ones foretold."""

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
    step, coarser = FIRST_STEP, None
    while tiles:
        nodes = _evaluated(transform, tiles, step, coarser)
        good = settled(nodes, step, source_shape) if step > 1 else np.ones(len(tiles), bool)
        found += _smoothed([t for t, ok in zip(tiles, good, strict=True) if ok], nodes[good], step)
        tiles = [t for t, ok in zip(tiles, good, strict=True) if not ok]
        step, coarser = step // 2, nodes[~good]
    return found


def settled(nodes: FloatArray, step: int, source_shape: tuple[int, ...]) -> AnyArray:
    """Return which tiles need no finer nodes: (T,) bool.

    Halving the distance divides the error of cubics by sixteen for a smooth map, by four near
    the centres of a thin-plate spline and by two at a kink; but a centre between coarse nodes may
    go half unseen. A tile is settled when every second node foretells the others within a share
    of the tolerance, `FORETOLD`.

    Parameters
    ----------
    nodes
        (T, n, n, K) source index at nodes, n odd.
    step
        Output pixels between nodes.
    source_shape
        (K,) pixels of the source.
    """
    from tiepoint.geometry.course_kernels import settle

    good = np.empty(len(nodes), bool)
    shape = np.array(source_shape, float)
    weights = midpoint_weights(nodes.shape[1] // 2 + 1)
    room = np.empty(nodes.shape[1:])
    settle(nodes, step, FORETOLD * TOLERANCE_PX, shape, weights, room, good)
    return good


def _smoothed(tiles: list[Window], nodes: FloatArray, step: int) -> list[Course]:
    """Give settled tiles the nodes between which bilinear interpolation is good enough."""
    from tiepoint.geometry.course_kernels import find_rough, halve_tiles

    found: list[Course] = []
    while tiles and step > 1:
        weights, rough = midpoint_weights(nodes.shape[1]), np.empty(len(tiles), bool)
        find_rough(nodes, step, TOLERANCE_PX / 4, weights, rough)
        smooth = [t for t, more in zip(tiles, rough, strict=True) if not more]
        found += _courses(nodes[~rough], step, smooth)
        tiles = [t for t, more in zip(tiles, rough, strict=True) if more]
        finer_n = 2 * nodes.shape[1] - 1
        finer = np.empty((len(tiles), finer_n, finer_n, nodes.shape[-1]))
        halve_tiles(nodes[rough], weights, finer)
        nodes, step = finer, step // 2
    return found + _courses(nodes, step, tiles)


@cache
def midpoint_weights(n: int) -> FloatArray:
    """Return the weights (n - 1, n) of n equidistant values in the cubic's values between.

    The cubic goes through the four values nearby; a parabola where there are three, a line
    where there are two.
    """
    weights = np.zeros((n - 1, n))
    count = min(n, 4)
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


def _evaluated(
    transform: Transform, tiles: list[Window], step: int, coarser: FloatArray | None
) -> FloatArray:
    """Map the nodes of tiles: (T, n, n, K), of which every second one may be known already."""
    count = TILE // step + 1
    inner = step * np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), -1)
    new = np.ones((count, count), bool)
    if coarser is not None:
        new[::2, ::2] = False
    corners = np.array([tile[:2] for tile in tiles], float)[:, None]
    points = np.asarray(corners + inner[new], float).reshape(-1, 2)
    nodes = np.empty((len(tiles), count, count, transform.n_out))
    nodes[:, new] = _mapped(transform, points).reshape(len(tiles), -1, transform.n_out)
    if coarser is not None:
        nodes[:, ::2, ::2] = coarser
    return nodes


def _mapped(transform: Transform, points: FloatArray) -> FloatArray:
    """Map points in pieces, so that a spline's matrices stay small."""
    pieces = range(0, len(points), POINTS_AT_ONCE)
    return np.concatenate([transform(points[p : p + POINTS_AT_ONCE]) for p in pieces])

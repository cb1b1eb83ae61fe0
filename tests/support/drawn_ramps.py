"""Ramps, whose value is a formula of the place, and what draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.geometry.resample import Resampled
    from tiepoint.support.arrays import AnyArray, FloatArray

SHAPE = (40, 50, 60)
SLOPES = np.array([3.0, -2.0, 0.5])


class Chunked:
    """An array read in parts, which remembers what was asked of it."""

    def __init__(self, array: AnyArray, chunks: Any) -> None:
        self.array, self.chunks = array, chunks
        self.shape, self.dtype = array.shape, array.dtype
        self.keys: list[tuple[slice, ...]] = []

    def __getitem__(self, key: tuple[slice, ...]) -> AnyArray:
        self.keys.append(key)
        return self.array[key]


class Bent(Transform):
    """A transform with a smooth bump on top."""

    def __init__(self, flat: Affine, height: float) -> None:
        self.flat, self.height = flat, height

    @property
    def n_in(self) -> int:
        return self.flat.n_in

    @property
    def n_out(self) -> int:
        return self.flat.n_out

    def __call__(self, points: FloatArray) -> FloatArray:
        wave = self.height * np.sin(points / 30.0).sum(1, keepdims=True)
        return self.flat(points) + wave

    def jacobian(self, points: FloatArray) -> FloatArray:
        slope = self.height / 30.0 * np.cos(points / 30.0)
        return self.flat.jacobian(points) + slope[:, None, :]

    def inverse(self) -> Transform:
        raise ValueError


def ramp(shape: tuple[int, ...] = SHAPE) -> FloatArray:
    return np.asarray(
        sum(s * i for s, i in zip(SLOPES[-len(shape) :], np.indices(shape), strict=True))
    )


def oblique(n: int = 3) -> tuple[Grid, Affine]:
    """A tilted plane through the middle of a volume (or a turned image), partly outside."""
    u_y, u_x = np.array([0.48, 0.8, -0.36]), np.array([0.6, 0.0, 0.8])
    if n == 2:
        u_y, u_x = np.array([0.8, -0.6]), np.array([0.6, 0.8])
    centre = (np.array(SHAPE[-n:]) - 1) / 2
    grid = Grid.plane(centre - 0.6 * (45 * u_y + 70 * u_x), u_y, u_x, 0.6, (90, 140))
    return grid, grid.index_to_physical


def index_of(grid: Grid) -> FloatArray:
    return np.moveaxis(np.indices(grid.shape), 0, -1).reshape(-1, len(grid.shape)).astype(float)


def interior(points: FloatArray, shape: tuple[int, ...], margin: float = 0.0) -> AnyArray:
    limit = np.array(shape) - 1 - margin
    return ((points >= margin) & (points <= limit)).all(1)


def assert_ramp(
    drawn: Resampled, transform: Transform, margin: float = 0.0, error: float = 1e-6
) -> None:
    """The values of a ramp are its formula wherever no border is near."""
    points = transform(index_of(drawn.grid))
    inside = interior(points, SHAPE[-points.shape[1] :], margin)
    expected = points @ SLOPES[-points.shape[1] :]
    assert inside.sum() > 100
    scale = np.abs(SLOPES).sum() * max(SHAPE)
    np.testing.assert_allclose(drawn.values.ravel()[inside], expected[inside], atol=error * scale)

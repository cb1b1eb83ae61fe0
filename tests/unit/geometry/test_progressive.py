from dataclasses import dataclass

import numpy as np
import pytest

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.progressive import resample_level, resample_progressive
from tiepoint.geometry.pyramid import halve, level_for
from tiepoint.geometry.resample import SlabSpec
from tiepoint.geometry.transforms import Affine
from tiepoint.support.arrays import AnyArray
from tiepoint.support.tasks import Cancelled


@dataclass(frozen=True)
class Level:
    array: AnyArray
    factors: tuple[float, ...]
    origin: tuple[float, ...]


def pyramid(array: AnyArray, count: int) -> list[Level]:
    levels = []
    for k in range(count):
        levels.append(Level(array, (2.0**k,) * array.ndim, ((2.0**k - 1) / 2,) * array.ndim))
        array = halve(array)
    return levels


def ramp(shape: tuple[int, ...]) -> AnyArray:
    return np.asarray(sum(k * axis for k, axis in enumerate(np.indices(shape), 1)), float)


def test_coarse_then_full_show_the_same_places() -> None:
    levels = pyramid(ramp((64, 64, 64)), 4)
    grid = Grid.plane(
        np.full(3, 16.0), np.array([0, 0.8, 0.6]), np.array([0, -0.6, 0.8]), 0.1, (300, 280)
    )
    pictures = list(resample_progressive(levels, grid, grid.index_to_physical))
    assert [p.grid.shape for p in pictures] == [(75, 70), (300, 280)]
    for picture in pictures:
        index = np.moveaxis(np.indices(picture.grid.shape), 0, -1).reshape(-1, 2).astype(float)
        points = picture.grid.index_to_physical(index)
        inside = ((points > 4) & (points < 58)).all(1)
        assert inside.sum() > 1000
        np.testing.assert_allclose(
            picture.values.ravel()[inside], (points @ [1.0, 2.0, 3.0])[inside], atol=1e-6
        )


def test_small_pictures_come_at_once() -> None:
    grid = Grid((20, 20), Affine.identity(2))
    assert (
        len(list(resample_progressive(pyramid(ramp((32, 32)), 2), grid, Affine.identity(2)))) == 1
    )


@pytest.mark.parametrize(("step", "level"), [(0.5, 0), (1.9, 0), (2.0, 1), (4.5, 2), (50.0, 3)])
def test_the_level_suits_the_pixels(step: float, level: int) -> None:
    levels = pyramid(ramp((64, 64)), 4)
    to_full = Affine(step * np.array([[0.8, -0.6], [0.6, 0.8]]), np.zeros(2))
    assert level_for(levels, to_full, (10, 10)) == level


def test_the_finest_direction_decides() -> None:
    levels = pyramid(ramp((64, 64)), 4)
    assert level_for(levels, Affine(np.diag([8.0, 2.0]), np.zeros(2)), (10, 10)) == 1


def test_slabs_from_a_coarse_level() -> None:
    levels = pyramid(ramp((64, 64, 64)), 3)
    grid = Grid.plane(
        np.array([31.5, 3, 3]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 4.0, (14, 14)
    )
    drawn = resample_level(
        levels, grid, grid.mapped(Affine.identity(3), slab=True), slab=SlabSpec(8.0)
    )
    index = np.moveaxis(np.indices(grid.shape), 0, -1).reshape(-1, 2).astype(float)
    expected = grid.index_to_physical(index) @ [1.0, 2.0, 3.0]
    np.testing.assert_allclose(drawn.values.ravel(), expected, atol=1e-9)


def test_colours_have_factors_too() -> None:
    image = np.stack([ramp((64, 64))] * 3, -1)
    half = Level(halve(image, (0, 1)), (2.0, 2.0, 1.0), (0.5, 0.5, 0.0))
    levels = [Level(image, (1.0,) * 3, (0.0,) * 3), half]
    to_full = Affine(3 * np.eye(2), np.array([2.0, 2.0]))
    drawn = resample_level(levels, Grid((10, 10), Affine.identity(2)), to_full)
    assert drawn.values.shape == (10, 10, 3)
    assert drawn.values[1, 2, 0] == pytest.approx(5 + 2 * 8)


def test_cancel_between_the_two() -> None:
    levels = pyramid(ramp((64, 64)), 2)
    grid = Grid((600, 600), Affine.identity(2))
    stop = False
    pictures = resample_progressive(
        levels, grid, Affine(0.1 * np.eye(2), np.zeros(2)), cancel=lambda: stop
    )
    assert next(pictures).grid.shape == (150, 150)
    stop = True
    with pytest.raises(Cancelled):
        next(pictures)

"""The stand-in draws what the resampler draws."""

import numpy as np
import pytest

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.plain import can_resample_plainly, resample_plainly
from tiepoint.geometry.resample import resample
from tiepoint.geometry.transforms import Affine

OBLIQUE = Affine(np.array([[0.31, 0.12], [0.4, -0.2], [-0.1, 0.45]]), np.array([2.0, 3.0, 1.0]))


@pytest.mark.parametrize("order", ["linear", "nearest"])
def test_plain_and_compiled_sections_agree(order: str) -> None:
    volume = np.random.default_rng(0).random((9, 11, 13)).astype(np.float32)
    grid = Grid((20, 24), Affine.identity(2))
    plain = resample_plainly(volume, grid, OBLIQUE, order)
    fast = resample(volume, grid, OBLIQUE, order=order)
    np.testing.assert_array_equal(plain.mask, fast.mask)
    assert 0 < plain.mask.mean() < 1
    np.testing.assert_allclose(plain.values[plain.mask], fast.values[fast.mask], atol=2e-6)


def test_colours_are_drawn_per_channel() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    grid = Grid((8, 9), Affine.identity(2))
    plain = resample_plainly(picture, grid, Affine.identity(2))
    np.testing.assert_allclose(plain.values, picture, atol=1e-4)


def test_large_sources_are_left_to_the_kernels() -> None:
    assert not can_resample_plainly(np.broadcast_to(np.uint16(0), (1024, 1024, 1024)))

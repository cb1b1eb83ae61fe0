"""An image in a thick section, seen along the section's normal."""

import numpy as np
import pytest

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.slab_view import seen_in_slab
from tiepoint.geometry.transforms import Affine

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(4))
def test_the_ray_through_a_pixel_meets_the_image_where_it_is_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    to_image = Affine(rng.normal(size=(3, 3)), rng.normal(size=3))
    plane = Plane.at(2.0, (20.0, 10.0), (1.0, 1.0))
    seen = seen_in_slab(plane, to_image, 5.0)
    assert seen is not None
    flat = rng.normal(size=(6, 2))
    on_ray = plane.plane_to_frame(flat) + seen.depth(flat) * plane.normal_zyx
    there = to_image(on_ray)
    np.testing.assert_allclose(there[:, 0], 0, atol=1e-9)
    np.testing.assert_allclose(there[:, 1:], seen.to_image(flat), atol=1e-9)


def test_only_what_lies_within_the_slab_is_seen() -> None:
    tilted = Plane.at(0.0, (0.0, 45.0))
    seen = seen_in_slab(tilted, Affine.identity(3), 4.0)
    assert seen is not None
    grid = Grid.plane(np.array([-5.0, 0.0]), np.array([1.0, 0]), np.array([0, 1.0]), 1.0, (11, 3))
    np.testing.assert_array_equal(seen.within(grid)[:, 0], np.abs(np.arange(-5, 6)) <= 2.0)


def test_an_image_on_edge_is_not_seen() -> None:
    assert seen_in_slab(Plane.at(0.0, (0.0, 90.0)), Affine.identity(3), 4.0) is None
    assert seen_in_slab(Plane.at(0.0), Affine.identity(3), None) is None

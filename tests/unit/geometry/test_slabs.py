from typing import Any

import numpy as np
import pytest
from drawn_ramps import SLOPES, Chunked, ramp

from tiepoint.geometry.grids import Grid
from tiepoint.geometry.resample import SlabSpec, resample
from tiepoint.geometry.transforms import Affine
from tiepoint.support.errors import TiepointError


@pytest.mark.parametrize("method", ["mean", "max", "min"])
@pytest.mark.parametrize("chunked", [False, True])
def test_slab_of_a_ramp(method: Any, chunked: bool) -> None:
    source = ramp()
    given = Chunked(source, (16, 16, 16)) if chunked else source
    grid = Grid.plane(
        np.array([20.0, 5, 5]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (30, 40)
    )
    spec = SlabSpec(6.0, method)
    drawn = resample(given, grid, grid.mapped(Affine.identity(3), slab=True), slab=spec)
    middle = resample(source, grid, grid.mapped(Affine.identity(3)))
    away = {"mean": 0.0, "max": 1.0, "min": -1.0}[method] * 2.5 * abs(SLOPES[0])
    np.testing.assert_allclose(drawn.values, middle.values + away, atol=1e-9)


def test_slab_samples_are_a_voxel_apart_and_count_only_inside() -> None:
    source = np.zeros((9, 4, 4), np.uint16)
    source[4] = 90
    fine = Affine.scaling(np.array([2.0, 1, 1]), np.zeros(3))
    grid = Grid.plane(
        np.array([2.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (4, 4)
    )
    whole = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(4.5))
    np.testing.assert_allclose(whole.values, 10.0)
    wider = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(45.0))
    np.testing.assert_allclose(wider.values, 10.0, rtol=0.2)
    kept = resample(source, grid, grid.mapped(fine, slab=True), slab=SlabSpec(4.5), dtype="source")
    assert kept.values.dtype == np.uint16
    assert (kept.values == 10).all()


def test_slab_of_labels_is_their_maximum() -> None:
    labels = np.zeros((5, 4, 4), np.uint32)
    labels[3] = 2**31 + 5
    grid = Grid.plane(
        np.array([2.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0, (4, 4)
    )
    to_source = grid.mapped(Affine.identity(3), slab=True)
    drawn = resample(labels, grid, to_source, order="nearest", slab=SlabSpec(3.0, "max"))
    assert drawn.values.dtype == np.uint32
    assert (drawn.values == 2**31 + 5).all()
    with pytest.raises(TiepointError, match="Labels have no mean"):
        resample(labels, grid, to_source, order="nearest", slab=SlabSpec(3.0))

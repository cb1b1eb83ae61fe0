"""The parts of the search for a plane: the volume's levels, and the slope of the last step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import (
    Proposal,
    find_slice,
    plane_kernels,
    polish_kernels,
    pose_kernels,
    volume_kernels,
)
from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.polish_kernels import information_slope
from tiepoint.registration.automatic.slice_ready import warm_up
from tiepoint.registration.automatic.slice_volume import READABLE, Volume, read_volume
from tiepoint.registration.rotations import rotation_matrix


def lumps(rng, n, size):
    return ndimage.gaussian_filter(rng.normal(size=(n, n, n)), size)


def turned(vector, linear):
    return rotation_matrix(np.array(vector)) @ linear


@pytest.mark.parametrize("kind", ["u1", "u2", "f4", ">u2", "i4", "f8"])
def test_blocks_are_means_whatever_the_type(kind):
    rng = np.random.default_rng(1)
    values = rng.integers(0, 200, (19, 16, 22)).astype(kind)
    volume = read_volume(values)
    usual = np.median(values) if kind in (">u2", "i4", "f8") else 0
    for factors in ((2, 2, 2), (4, 2, 6), (1, 3, 1)):
        want = Gray(values.astype(float), np.ones(values.shape, bool)).reduced(factors)
        block = volume.reduced(factors)
        assert block.whole
        np.testing.assert_allclose(block.values + usual, want.values, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.tuples(*[st.integers(1, 4)] * 3))
def test_a_block_is_known_where_most_voxels_are(seed, factors):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(13, 12, 14)).astype(np.float32)
    values[rng.random(values.shape) < 0.4] = np.nan
    values[0, 0, 0] = np.inf
    known = np.isfinite(values)
    want = Gray(np.where(known, values, 0.0).astype(float), known).reduced(factors)
    block = Volume(values).reduced(factors)
    np.testing.assert_array_equal(block.known, want.mask)
    np.testing.assert_allclose(block.values[block.known], want.values[want.mask], atol=1e-5)


def test_the_band_is_a_difference_of_gaussians():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(20, 9, 31)).astype(np.float32)
    fine, coarse = (ndimage.gaussian_filter(values.astype(float), s) for s in (0.6, 2.0))
    band = Volume(values).reduced((1, 1, 1)).band
    np.testing.assert_allclose(band, fine - coarse, atol=1e-5)


def test_volumes_that_cannot_be_searched():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(12, 12, 12))
    assert read_volume(values[0]).code == "bad_image"
    assert read_volume(values + 1j).code == "bad_image"
    assert read_volume(values[:5]).code == "too_small"
    assert read_volume(np.full((12, 12, 12), 7.5)).code == "flat"
    assert read_volume(np.full((12, 12, 12), np.nan)).code == "bad_image"
    assert read_volume(values, np.zeros(values.shape, bool)).code == "bad_image"
    assert read_volume(values, np.ones((3, 3, 3), bool)).code == "bad_input"
    assert isinstance(read_volume(1e9 + values), Volume)  # small beside a large offset


def test_the_slope_is_that_of_the_information():
    rng = np.random.default_rng(4)
    volume = lumps(rng, 40, 3).astype(np.float32)
    voxel = np.array([1.0, 0.8, 1.3])
    points = np.argwhere(np.ones((50, 44), bool)) * 0.4 - (10, 8.8)
    linear = rotation_matrix(np.array([0.3, -0.5, 0.2]))[:, :2]
    levels = rng.integers(0, 6, len(points))
    levels[:1500] = np.arange(1500) // 250  # some relation, so that there is information
    low, gain = float(volume.min()), 25 / float(np.ptp(volume))
    centre = 0.5 * np.array(volume.shape) * voxel

    def at(step):
        place = (centre + step[3:6]) / voxel
        steps = np.exp(step[6]) * turned(step[:3], linear) / voxel[:, None]
        slope = np.empty(7)
        room = np.empty((6, 32))
        value = information_slope(
            volume, low, gain, points, levels, place, steps, voxel, room, slope
        )
        return value, slope

    value, slope = at(np.zeros(7))
    assert value > 0.1
    tiny = 1e-5 * np.eye(7)
    differences = [(at(step)[0] - at(-step)[0]) / 2e-5 for step in tiny]
    np.testing.assert_allclose(slope, differences, rtol=2e-3, atol=2e-3 * np.abs(slope).max())


def test_near_a_guess_the_corners_are_within_a_tenth_of_a_voxel():
    rng = np.random.default_rng(5)
    volume = lumps(rng, 84, 4)
    volume /= volume.std()
    shape = (104, 116)
    linear = 0.505 * rotation_matrix(np.array([0.4, 0.9, -0.3]))[:, :2]
    middle = (np.array(shape) - 1) / 2
    centre = (np.array(volume.shape) - 1) / 2 + np.array([2.0, -1.5, 1.0])
    truth = Affine(linear, centre - linear @ middle)
    grid = np.indices(shape).reshape(2, -1).T.astype(float)
    signal = ndimage.map_coordinates(volume, truth(grid).T, order=3).reshape(shape)
    image = np.cos(1.3 * signal) + 0.3 * signal + 0.05 * rng.normal(size=shape)
    tilted = turned(np.radians([4.0, -5.0, 3.5]), linear / 1.01)
    near = Affine(tilted, centre + np.array([2.0, -1.5, 2.5]) - tilted @ middle)
    result = find_slice(image, volume, 0.5, 1.0, near=near, reach=6.0, reach_deg=10.0)
    assert isinstance(result, Proposal)
    ends = np.array([[y, x] for y in (0, shape[0] - 1) for x in (0, shape[1] - 1)], float)
    off = np.linalg.norm(result.moving_to_fixed(ends) - truth(ends), axis=1)
    assert off.max() < 0.1, off
    assert len(result.rivals) >= 3


def test_warming_up_leaves_nothing_to_compile():
    kernels = (
        plane_kernels.climb, plane_kernels.score, polish_kernels.information_slope,
        pose_kernels.scan, pose_kernels.sweep_about_pairs, volume_kernels.block_means,
        volume_kernels.band_planes, volume_kernels.scaled_planes,
    )  # fmt: skip
    warm_up()
    ready = [len(kernel.signatures) for kernel in kernels]
    assert min(ready) > 0
    rng = np.random.default_rng(6)
    volume = lumps(rng, 40, 3)
    volume = 100 + 20 * volume / volume.std()
    for kind in READABLE:
        read_volume(volume.astype(kind)).reduced((2, 2, 2))
    near = Affine(0.5 * np.eye(3)[:, 1:], np.array([20.0, 4.0, 4.0]))
    image = ndimage.zoom(volume[20, 4:34, 4:34], 2, order=1)
    find_slice(image, volume, 0.5, 1.0, near=near, reach=2.0, reach_deg=5.0)
    assert [len(kernel.signatures) for kernel in kernels] == ready

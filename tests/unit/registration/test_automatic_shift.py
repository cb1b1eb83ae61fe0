"""Shifts, single pairs and drift: known answers, and refusals where there is none."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic import (
    DriftProposal,
    PairProposal,
    Proposal,
    Refusal,
    find_shift,
    refine_pair,
    time_series_drift,
)
from tiepoint.support.tasks import Cancelled


def texture(rng, n, size=2.0):
    values = ndimage.gaussian_filter(rng.normal(size=(n, n)), size)
    return values / values.std()


def shifted_pair(rng, shift, n=200, noise=0.3, size=2.0):
    """Return images with ``fixed index = moving index + shift``."""
    scene = texture(rng, n + 80, size)
    place = np.indices((n, n)).astype(float) + 40 + np.reshape(shift, (2, 1, 1))
    moving = ndimage.map_coordinates(scene, place, order=5)
    fixed = scene[40 : 40 + n, 40 : 40 + n]
    noisy = [image + noise * rng.normal(size=(n, n)) for image in (fixed, moving)]
    return noisy[0], 5 + 3 * noisy[1]


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.27, -11.61), (-20.5, 7.25)])
def test_shift_to_a_fiftieth_of_a_pixel(shift):
    result = find_shift(*shifted_pair(np.random.default_rng(1), shift))
    assert isinstance(result, Proposal)
    assert np.abs(result.moving_to_fixed.offset - shift).max() < 0.02
    assert "px" in result.sentence


def test_shift_error_is_what_its_sigma_says():
    rng = np.random.default_rng(2)
    off = []
    for _ in range(12):
        shift = rng.uniform(-9, 9, 2)
        result = find_shift(*shifted_pair(rng, shift, n=128, noise=0.8))
        off.append((result.moving_to_fixed.offset - shift) / result.sigma)
    assert 0.4 < np.sqrt(np.mean(np.square(off))) < 1.6


@pytest.mark.parametrize("shading", [1.0, 4.0])
@pytest.mark.parametrize("n", [140, 420])
def test_shift_looks_past_shading_that_stays(n, shading):
    """Light that falls off the other way in the other image: it does not move with the sample."""
    fixed, moving = shifted_pair(np.random.default_rng(3), (7.3, -4.6), n=n)
    y, x = np.indices(fixed.shape) / n
    depth = shading * fixed.std()
    result = find_shift(fixed + depth * y**2, moving - depth * x)
    assert isinstance(result, Proposal)
    assert np.abs(result.moving_to_fixed.offset - (7.3, -4.6)).max() < 0.05
    assert (result.sigma < 0.05).all()


def test_shift_ignores_nan_and_a_fixed_pattern_under_the_mask():
    rng = np.random.default_rng(3)
    fixed, moving = shifted_pair(rng, (6.4, -4.3))
    stamp = np.zeros(fixed.shape, bool)
    stamp[150:, :] = True
    for image in (fixed, moving):
        image[stamp] = 40 * texture(np.random.default_rng(9), 200)[stamp]
    fixed[20:40, 30:60] = np.nan
    result = find_shift(fixed, moving, fixed_mask=~stamp, moving_mask=~stamp)
    assert np.abs(result.moving_to_fixed.offset - (6.4, -4.3)).max() < 0.03
    wrong = find_shift(fixed, moving)
    assert isinstance(wrong, Refusal) or np.abs(wrong.moving_to_fixed.offset).max() < 1


def test_shift_of_a_large_image_goes_by_way_of_blocks():
    fixed, moving = shifted_pair(np.random.default_rng(4), (17.3, -30.6), n=600, size=4.0)
    result = find_shift(fixed, moving[:560, :580])
    assert np.abs(result.moving_to_fixed.offset - (17.3, -30.6)).max() < 0.02


def test_shift_refuses_strangers_repeats_and_flat_images():
    rng = np.random.default_rng(5)
    assert find_shift(texture(rng, 128), texture(rng, 128)).code == "not_significant"
    y, x = np.mgrid[:160, :160]
    lattice = np.sin(y / 2.5) + np.sin(x / 2.5)
    assert find_shift(lattice, lattice).code == "ambiguous"
    assert find_shift(np.ones((64, 64)), texture(rng, 64)).code == "flat"
    assert find_shift(np.full((64, 64), np.nan), texture(rng, 64)).code == "bad_image"
    assert find_shift(texture(rng, 64)[:4], texture(rng, 64)).code == "too_small"
    assert find_shift(np.zeros((8, 8, 8)), texture(rng, 64)).code == "bad_image"


def test_cancelling_stops_and_progress_is_told():
    pair = shifted_pair(np.random.default_rng(6), (1, 2), n=64)
    told = []
    find_shift(*pair, progress=lambda fraction, message: told.append(fraction))
    assert told[0] == 0
    assert told[-1] == 1
    with pytest.raises(Cancelled):
        find_shift(*pair, cancel=lambda: True)


TURN = 1.1 * np.array([[np.cos(0.12), -np.sin(0.12)], [np.sin(0.12), np.cos(0.12)]])


@pytest.mark.parametrize(("method", "within"), [("correlation", 0.1), ("information", 0.25)])
def test_pair_is_refined(method, within):
    rng = np.random.default_rng(7)
    scene = texture(rng, 220, 2.5)
    truth = Affine(TURN, np.array([-15.0, 10.0]))
    grid = np.indices((240, 240)).reshape(2, -1).T.astype(float)
    moving = ndimage.map_coordinates(scene, truth.inverse()(grid).T, order=3, mode="reflect")
    moving = moving.reshape(240, 240)
    if method == "information":
        moving = np.abs(moving - 0.3)
    moving += 0.1 * rng.normal(size=moving.shape)
    guess = Affine(TURN, truth.offset + np.array([3.4, -4.1]))
    for point in ([90.0, 100.0], [120.5, 80.25]):
        result = refine_pair(scene, moving, guess, np.array(point), 41, method=method)
        assert isinstance(result, PairProposal)
        assert np.abs(result.moving_point - truth(np.array([point]))[0]).max() < within
        assert (result.sigma < 0.3).all()


def test_pair_refuses_where_nothing_decides():
    rng = np.random.default_rng(8)
    still = Affine.identity(2)
    y, x = np.mgrid[:160, :160]
    noise = 0.02 * rng.normal(size=(2, 160, 160))
    edge = np.tanh((x - 80) / 2.0)
    lattice = np.sin(y / 1.2) + np.sin(x / 1.2)
    middle = np.array([80.0, 80.0])
    assert refine_pair(edge + noise[0], edge + noise[1], still, middle).code == "flat"
    assert refine_pair(lattice, lattice + noise[0], still, middle).code == "ambiguous"
    one, other = texture(rng, 160), texture(rng, 160)
    assert refine_pair(one, other, still, middle).code == "not_found"
    informed = refine_pair(one, other, still, middle, method="information")
    assert informed.code in {"not_found", "flat"}
    assert refine_pair(one, other, still, np.array([2.0, 2.0])).code == "no_overlap"
    assert refine_pair(one, other, still, middle, 5).code == "bad_input"
    blank = one.copy()
    blank[40:120, 40:120] = 1
    assert refine_pair(blank, one, still, middle).code == "flat"


def drifting(rng, count=9, noise=0.3):
    scene = texture(rng, 160)
    shifts = np.cumsum(rng.normal(0, 1.5, (count, 2)), axis=0)
    shifts -= shifts[0]
    frames = []
    for shift in shifts:
        moved = ndimage.shift(scene, -shift, order=5, mode="reflect")[30:126, 30:126]
        frames.append(moved + noise * rng.normal(size=moved.shape))
    return frames, shifts


def test_drift_adds_up_without_adding_errors():
    frames, shifts = drifting(np.random.default_rng(10))
    result = time_series_drift(frames)
    assert isinstance(result, DriftProposal)
    assert np.abs(result.shifts_yx - shifts).max() < 0.06
    assert result.closure_rms < 0.1
    assert result.sigma[0] == 0


def test_drift_leaves_out_a_lost_frame_and_says_so():
    rng = np.random.default_rng(11)
    frames, shifts = drifting(rng)
    frames[4] = texture(rng, 96)
    result = time_series_drift(frames, reference=2)
    assert np.isnan(result.shifts_yx[4]).all()
    kept = [i for i in range(9) if i != 4]
    assert np.abs(result.shifts_yx[kept] - (shifts - shifts[2])[kept]).max() < 0.06
    assert "lost_frames" in {warning.code for warning in result.warnings}


def test_drift_finds_the_comparison_at_fault(monkeypatch):
    from tiepoint.registration.automatic import drift

    frames, shifts = drifting(np.random.default_rng(12), count=7)
    honest = drift.find_shift

    def slipped(fixed, moving, **options):
        found = honest(fixed, moving, **options)
        if fixed.image is frames[2] and moving.image is frames[3]:
            found.moving_to_fixed.offset[:] += 8
        return found

    monkeypatch.setattr(drift, "find_shift", slipped)
    result = time_series_drift(frames, stride=2)
    assert result.rejected == ((2, 3),)
    assert np.abs(result.shifts_yx - shifts).max() < 0.06


def test_drift_refuses():
    rng = np.random.default_rng(13)
    assert time_series_drift([texture(rng, 64) for _ in range(3)]).code == "not_found"
    assert time_series_drift([texture(rng, 64)]).code == "bad_input"
    assert time_series_drift([texture(rng, 64), texture(rng, 32)]).code == "bad_input"

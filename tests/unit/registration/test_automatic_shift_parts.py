"""Parts of the search for a shift against plain ways to the same numbers."""

import numpy as np
import pytest
from scipy import ndimage

from tiepoint.registration.automatic import Proposal, drift, find_shift
from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.shift_refine import FixedSide, MovingSide, ShiftRefiner
from tiepoint.registration.automatic.shift_search import Pattern, correlation_map


def whole(values):
    return Gray(values, np.ones(values.shape, bool))


def texture(rng, shape, size=2.0):
    return ndimage.gaussian_filter(rng.normal(size=shape), size)


def test_the_map_of_whole_images_is_pearsons_correlation_of_each_overlap():
    rng = np.random.default_rng(1)
    one, other = Pattern(whole(texture(rng, (24, 31)))), Pattern(whole(texture(rng, (29, 20))))
    scores = correlation_map(one, other, 0.3)
    assert scores.shape == (24 + 29 - 1, 31 + 20 - 1)
    for dy, dx in ((0, 0), (-9, 5), (6, -4), (-5, 11)):
        y, x = max(dy, 0), max(dx, 0)
        bottom, right = min(24, 29 + dy), min(31, 20 + dx)
        a = one.values[y:bottom, x:right]
        b = other.values[y - dy : bottom - dy, x - dx : right - dx]
        share = a.size / (29 * 20)
        wanted = np.arctanh(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * np.sqrt(min(share, 1))
        assert scores[dy + 28, dx + 19] == pytest.approx(wanted, abs=1e-9)
    assert np.isnan(scores[0, 0])


def test_a_mask_that_hides_nothing_changes_nothing():
    rng = np.random.default_rng(2)
    grays = [whole(texture(rng, (30, 26))) for _ in range(2)]
    rectangles = correlation_map(*(Pattern(gray) for gray in grays), 0.2)
    patterns = [Pattern(gray) for gray in grays]
    for pattern in patterns:
        pattern.whole = False
    np.testing.assert_allclose(correlation_map(*patterns, 0.2), rectangles, atol=1e-9)


def test_the_prepared_sides_are_the_blur_and_the_spline():
    values = texture(np.random.default_rng(3), (23, 41), 1.0)
    low, high = values.min(), values.max()
    narrow = (values - (low + high) / 2) * 2 / (high - low)
    blurred = ndimage.gaussian_filter(narrow, 0.7, mode="mirror")
    np.testing.assert_allclose(FixedSide(whole(values), 0.7).values, blurred, atol=1e-6)
    spline = np.pad(ndimage.spline_filter(blurred, 3, mode="mirror"), 2, mode="reflect")
    np.testing.assert_allclose(MovingSide(whole(values), 0.7).coefficients, spline, atol=1e-5)


def test_a_refined_shift_tells_the_errors_of_its_residuals():
    """The compiled sums against the same written out: fit, correlation, error, clumping."""
    rng = np.random.default_rng(4)
    scene = texture(rng, (70, 80))
    fixed = scene[5:-5, 5:-5] + 0.05 * rng.normal(size=(60, 70))
    moving = ndimage.shift(scene, (-0.4, 0.3), order=5)[5:-5, 5:-5]
    moving += 0.05 * rng.normal(size=(60, 70))
    known = np.ones(fixed.shape, bool)
    known[10:20, 30:50] = False
    fixed_side, moving_side = FixedSide(Gray(fixed, known)), MovingSide(whole(moving))
    found = ShiftRefiner(fixed_side, moving_side).refine(np.zeros(2), within=1e-7)

    inner = (slice(1, -1),) * 2
    place = np.indices(fixed.shape) - found.shift[:, None, None]
    warped = ndimage.map_coordinates(moving, place, order=3, mode="mirror")[inner]
    use = ndimage.binary_erosion(known, border_value=1)[inner]
    columns = [part[inner][use] for part in (fixed, *np.gradient(fixed))]
    design = np.column_stack([np.ones(int(use.sum())), *columns])
    solution, *_ = np.linalg.lstsq(design, warped[use], rcond=None)
    assert np.abs(solution[2:] / solution[1]).max() < 1e-3
    residual = np.zeros(use.shape)
    residual[use] = warped[use] - design @ solution
    square = (residual**2).sum()
    clumped = 1.0
    for lagged in (
        (residual[1:] * residual[:-1]).sum(),
        (residual[:, 1:] * residual[:, :-1]).sum(),
    ):
        lag = min(max(lagged / square, 0), 0.95)
        clumped *= (1 + lag) / (1 - lag)
    shape = np.linalg.inv(design.T @ design)[2:, 2:] / solution[1] ** 2
    wanted = square / (len(design) - 4) * clumped * shape
    np.testing.assert_allclose(found.covariance, wanted, rtol=0.02, atol=1e-3 * wanted.max())
    assert found.correlation == pytest.approx(np.corrcoef(columns[0], warped[use])[0, 1], abs=1e-4)
    assert found.overlap == len(design)


def test_half_a_pixel_settles():
    """At half a pixel the whole shift may round either way: the overlap must not follow it."""
    rng = np.random.default_rng(6)
    fine = texture(rng, (360, 360), 1.0)
    fixed, moving = (
        fine[y : y + 240, x : x + 240].reshape(120, 2, 120, 2).mean(axis=(1, 3))
        for y, x in ((60, 60), (37, 105))
    )
    for _ in range(6):
        one, other = (
            image + 0.1 * image.std() * rng.normal(size=image.shape) for image in (fixed, moving)
        )
        found = find_shift(one, other[3:-9, 2:-5])
        assert isinstance(found, Proposal)
        assert np.abs(found.moving_to_fixed.offset - (-11.5 + 3, 22.5 + 2)).max() < 0.05


def test_a_drift_reads_every_frame_once(monkeypatch):
    from tiepoint.registration.automatic import shift

    scene = texture(np.random.default_rng(5), (80, 90))
    frames = [scene[k : k + 64, 2 * k : 2 * k + 64] for k in range(7)]
    read = []
    plain = shift.read_image

    def counted(image, which, **options):
        read.append(image)
        return plain(image, which, **options)

    monkeypatch.setattr(shift, "read_image", counted)
    result = drift.time_series_drift(frames, stride=3)
    assert np.abs(result.shifts_yx - [(k, 2 * k) for k in range(7)]).max() < 0.02
    assert len(read) == len(frames)

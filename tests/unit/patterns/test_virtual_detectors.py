"""Sums over discs and annuli: which pixels, in which unit, exact, reading no more than asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tiny_patterns import CAMERA, CENTRE, RADIUS, STEP, Watched, camera_axes, patterns

from tiepoint.model.axes import Axis
from tiepoint.patterns import sums
from tiepoint.patterns.axes import PIXELS, units_of
from tiepoint.patterns.detectors import Detector, in_unit, mask_of, preset
from tiepoint.patterns.disc import BrightDisc, find_disc
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled, TaskControl

DTYPES = (np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64)


def axes_of(shape, scales=(1.0, 1.0), unit=None):
    return tuple(
        Axis(name=name, size=size, scale=scale, unit=unit, role="reciprocal")
        for name, size, scale in zip(("ky", "kx"), shape, scales, strict=True)
    )


@given(
    arrays.arrays(
        st.sampled_from((np.uint8, np.uint16, np.int32)),
        st.tuples(*[st.integers(1, 6)] * 4),
        elements=st.integers(0, 255),
    ),
    st.data(),
)
def test_a_virtual_image_is_what_numpy_sums(values, data):
    mask = data.draw(arrays.arrays(bool, values.shape[2:]))
    mask[data.draw(st.integers(0, mask.shape[0] - 1)), 0] = True
    swapped = values.astype(values.dtype.newbyteorder())
    for source in (values, Watched(values), values[:, ::-1], swapped):
        seen = source.values if isinstance(source, Watched) else source
        wanted = seen[..., mask].sum(axis=-1, dtype=np.int64)
        np.testing.assert_array_equal(sums.virtual_image(source, mask), wanted)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_compiled_sums_are_those_of_numpy(dtype):
    rng = np.random.default_rng(1)
    values = (rng.random((5, 7, 40, 33)) * 60000 % 250).astype(dtype)
    mask = mask_of(Detector((18.2, 15.9), 4.0, 13.5), axes_of(values.shape[2:]))
    plain, plain_mass = sums.virtual_image(values, mask), sums.centre_of_mass(values, mask)
    sums.warm_up(values.dtype)
    try:
        compiled, mass = sums.virtual_image(values, mask), sums.centre_of_mass(values, mask)
    finally:
        sums._ready.discard(np.dtype(dtype).str)
    wanted = values[..., mask].sum(axis=-1, dtype=compiled.dtype)
    if np.dtype(dtype).kind == "f":
        np.testing.assert_allclose(compiled, wanted, rtol=1e-12)
    else:
        np.testing.assert_array_equal(compiled, wanted)
        np.testing.assert_array_equal(plain, wanted)
    np.testing.assert_allclose(mass, plain_mass, rtol=1e-12)


def test_large_counts_do_not_overflow():
    values = np.full((1, 2, 300, 300), 65535, np.uint16)
    mask = np.ones((300, 300), bool)
    sums.warm_up(values.dtype)
    assert sums.virtual_image(values, mask).tolist() == [[65535 * 90000] * 2]
    np.testing.assert_allclose(sums.centre_of_mass(values, mask), 149.5, rtol=1e-12)


def test_a_disc_and_the_annulus_around_it_share_no_pixel_and_leave_none_out():
    axes = axes_of(CAMERA)
    disc = mask_of(Detector(CENTRE, 0, 7.0), axes)
    ring = mask_of(Detector(CENTRE, 7.0, 200.0), axes)
    assert not (disc & ring).any()
    assert (disc | ring).all()


def test_radii_have_the_unit_of_the_axes_or_pixels():
    axes = camera_axes()
    assert units_of(axes) == ("1/nm", PIXELS)
    in_nm = Detector(CENTRE, 15 * STEP, 18 * STEP, "1/nm")
    np.testing.assert_array_equal(
        mask_of(in_nm, axes), mask_of(Detector(CENTRE, 15, 18, PIXELS), axes)
    )
    assert in_unit(in_nm, axes, PIXELS).inner == pytest.approx(15)
    with pytest.raises(TiepointError, match=r"not calibrated in mrad: give 1/nm or px"):
        mask_of(Detector(CENTRE, 1, 2, "mrad"), axes)


def test_pixels_that_are_not_square_make_a_circle_in_the_axes_unit():
    mask = mask_of(Detector((20, 20), 0, 10.0, "mrad"), axes_of((41, 41), (1.0, -2.0), "mrad"))
    assert np.flatnonzero(mask[:, 20]).tolist() == list(range(11, 30))
    assert np.flatnonzero(mask[20]).tolist() == list(range(16, 25))


def test_two_units_on_one_pattern_leave_pixels():
    one, other = camera_axes()
    assert units_of((one, other.replace(unit="mrad"))) == (PIXELS,)


@pytest.mark.parametrize(
    ("detector", "words"),
    [
        (Detector(CENTRE, 3, 3), "inner radius"),
        (Detector(CENTRE, -1, 3), "inner radius"),
        (Detector(CENTRE, 0, float("nan")), "must be numbers"),
        (Detector((500.0, 0.0), 0, 2), "No pixel"),
    ],
)
def test_what_is_no_detector_is_refused(detector, words):
    with pytest.raises(TiepointError, match=words):
        mask_of(detector, axes_of(CAMERA))


def test_patterns_stored_in_pieces_are_summed_piece_by_piece(monkeypatch):
    source = Watched(patterns())
    source.chunks = (12, 5, 10, 9)
    mask = mask_of(Detector((10.0, 20.0), 2.0, 7.5), axes_of(CAMERA))
    wanted = source.values[..., mask].sum(axis=-1, dtype=np.uint64)
    mass = sums.centre_of_mass(source.values, mask)
    monkeypatch.setattr(sums, "BLOCK_BYTES", 5000)
    sums.warm_up(source.dtype)
    for keep in (None, np.zeros_like(source.values)):
        np.testing.assert_array_equal(sums.virtual_image(source, mask, keep=keep), wanted)
        np.testing.assert_allclose(sums.centre_of_mass(source, mask, keep=keep), mass, rtol=1e-12)


def test_only_the_rows_of_the_detector_are_read():
    source = Watched(patterns())
    source.chunks = (2, 3, 4, CAMERA[1])
    mask = mask_of(Detector((10.0, 20.0), 0, 3.5), axes_of(CAMERA))
    sums.virtual_image(source, mask)
    assert source.read == source.values[:, :, 7:14].size


def test_what_is_kept_on_the_way_is_everything():
    source = Watched(patterns())
    keep = np.zeros_like(source.values)
    mask = mask_of(Detector((10.0, 20.0), 0, 3.5), axes_of(CAMERA))
    found = sums.virtual_image(source, mask, keep=keep)
    np.testing.assert_array_equal(keep, source.values)
    np.testing.assert_array_equal(found, sums.virtual_image(source.values, mask))


def test_a_cancelled_task_stops_reading(monkeypatch):
    monkeypatch.setattr(sums, "BLOCK_BYTES", 1)
    source, control = Watched(patterns()), TaskControl()

    def stop(fraction):
        if fraction > 0.3:
            control._stop.set()
        control.progress(fraction)

    with pytest.raises(Cancelled):
        sums.virtual_image(source, np.ones(CAMERA, bool), stop)
    assert 0 < source.read < source.values.size / 2


@given(st.floats(-4, 4), st.floats(-5, 5))
def test_the_centre_of_mass_follows_a_moved_spot(dy, dx):
    rows, columns = np.indices((41, 45))
    spot = np.exp(-((rows - 20 - dy) ** 2 + (columns - 22 - dx) ** 2) / 8)
    found = sums.centre_of_mass(spot[None, None], np.ones(spot.shape, bool))
    np.testing.assert_allclose(found[:, 0, 0], [20 + dy, 22 + dx], atol=1e-3)


def test_nothing_collected_has_no_centre_of_mass():
    found = sums.centre_of_mass(np.zeros((1, 1, 4, 4), np.uint8), np.ones((4, 4), bool))
    assert np.isnan(found).all()


def test_the_bright_disc_is_found_in_spite_of_a_hot_pixel():
    mean = patterns()[0, 0].astype(float)
    mean[40, 50] = 1e6
    disc = find_disc(mean)
    np.testing.assert_allclose(disc.centre_yx, CENTRE, atol=0.15)
    assert disc.radius_px == pytest.approx(RADIUS, abs=0.3)


@pytest.mark.parametrize("values", [np.ones((30, 30)), np.zeros((30, 30))])
def test_a_flat_pattern_has_no_disc(values):
    with pytest.raises(TiepointError, match="No bright disc"):
        find_disc(values)


def test_a_disc_that_the_frame_cuts_off_has_no_known_centre():
    rows, columns = np.indices((60, 60))
    with pytest.raises(TiepointError, match="cut off"):
        find_disc(np.where(np.hypot(rows - 2, columns - 30) < 8, 90.0, 1.0))


def test_the_usual_detectors_follow_the_disc_and_end_where_the_frame_does():
    disc, axes = BrightDisc((23.5, 30.0), 6.0), camera_axes()
    made = {name: preset(name, disc, axes) for name in ("BF", "ABF", "ADF", "HAADF")}
    pixels = {
        name: tuple(round(r / STEP, 6) for r in (one.inner, one.outer))
        for name, one in made.items()
    }
    assert pixels == {"BF": (0, 6), "ABF": (3, 6), "ADF": (6.6, 18), "HAADF": (18, 24)}
    with pytest.raises(TiepointError, match="does not reach"):
        preset("HAADF", BrightDisc((23.5, 30.0), 9.0), axes)

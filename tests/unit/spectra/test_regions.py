"""Spectra of regions against direct sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.axes import Axis
from tiepoint.spectra import regions as regions_module
from tiepoint.spectra import sums
from tiepoint.spectra.regions import mask_spectrum, point_spectrum, rectangle_spectrum
from tiepoint.support.errors import TiepointError

SHAPE = (17, 13, 60)


@pytest.fixture
def cube(rng):
    return rng.integers(0, 200, SHAPE).astype(np.uint16)


@pytest.fixture
def axes(cubes):
    return cubes.axes(SHAPE, cubes.energy_axis(60))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("order", ["last", "first", "middle"])
@pytest.mark.parametrize("code", ["u1", "u2", ">u2", "u4", "i2", "f4", "f8"])
@pytest.mark.parametrize("kind", ["memory", "lazy", "chunked"])
def test_box_and_mask_spectra_are_sums(cubes, cube, axes, rng, order, code, kind):
    data, ordered = cubes.reorder(cube.astype(code), axes, order)
    if kind != "memory":
        data = cubes.Lazy(data, (4, 5, 7) if kind == "chunked" else None)
    box = rectangle_spectrum(data, ordered, (2, 3, 15, 11))
    assert np.array_equal(box.total, cube[2:15, 3:11].astype(code).astype(float).sum(axis=(0, 1)))
    assert box.pixels == 13 * 8
    assert box.counts == (np.dtype(code).kind in "ui")
    mask = rng.random((9, 8)) < 0.4
    free = mask_spectrum(data, ordered, mask, (5, 2))
    expected = cube[5:14, 2:10][mask].astype(code).astype(float).sum(axis=0)
    assert np.array_equal(free.total, expected)
    assert free.pixels == mask.sum()
    one = point_spectrum(data, ordered, 3.4, 7.6)
    assert np.array_equal(one.total, cube[3, 8].astype(code).astype(float))


def test_a_box_is_half_open_like_a_slice(cube, axes):
    whole = rectangle_spectrum(cube, axes, (0, 0, 17, 13))
    assert np.array_equal(whole.total, cube.sum(axis=(0, 1)))
    parts = [rectangle_spectrum(cube, axes, box) for box in ((0, 0, 17, 6), (0, 6, 17, 13))]
    assert np.array_equal(whole.total, parts[0].total + parts[1].total)
    assert whole.pixels == parts[0].pixels + parts[1].pixels


def test_pixel_centres_decide(cube, axes):
    assert rectangle_spectrum(cube, axes, (1.2, 2.0, 3.0, 3.0)).pixels == 1  # row 2, column 2
    assert rectangle_spectrum(cube, axes, (0.5, 0.5, 1.5, 1.5)).pixels == 1
    assert rectangle_spectrum(cube, axes, (2.0000000000001, 0, 3, 1)).pixels == 1  # round-off


@given(
    st.tuples(*[st.floats(-3, 20)] * 4),
    st.floats(-3, 20),
)
@settings(deadline=None)
def test_boxes_that_share_a_side_share_no_pixel(cubes, box, cut):
    y0, x0, y1, x1 = box
    cube = np.ones(SHAPE, np.uint8)
    axes = cubes.axes(SHAPE, cubes.energy_axis(60))

    def pixels(*corners):
        try:
            return rectangle_spectrum(cube, axes, corners).pixels
        except TiepointError:
            return 0

    cut = min(max(cut, min(y0, y1)), max(y0, y1))
    whole = pixels(y0, x0, y1, x1)
    assert whole == pixels(y0, x0, cut, x1) + pixels(cut, x0, y1, x1)
    inside = sum(
        min(y0, y1) - 1e-9 <= y < max(y0, y1) - 1e-9
        and min(x0, x1) - 1e-9 <= x < max(x0, x1) - 1e-9
        for y in range(17)
        for x in range(13)
    )
    assert whole == inside


def test_a_box_over_the_border_takes_what_there_is(cube, axes):
    found = rectangle_spectrum(cube, axes, (-5, -5, 2, 3))
    assert found.pixels == 6
    assert np.array_equal(found.total, cube[:2, :3].sum(axis=(0, 1)))


def test_mean_and_poisson_sigma(cube, axes):
    found = rectangle_spectrum(cube, axes, (0, 0, 5, 5))
    assert found.mean == pytest.approx(cube[:5, :5].mean(axis=(0, 1)))
    assert found.sigma == pytest.approx(np.sqrt(found.total))
    assert found.sigma_mean == pytest.approx(np.sqrt(found.total) / 25)
    assert found.positions[:2] == pytest.approx([-0.1, -0.09])
    assert (found.unit, found.name) == ("keV", "Energy")
    real = rectangle_spectrum(cube.astype(np.float32), axes, (0, 0, 5, 5))
    assert real.sigma is None
    assert real.sigma_mean is None


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("order", ["last", "first", "middle"])
def test_long_runs_do_not_overflow(cubes, order, monkeypatch):
    monkeypatch.setattr(sums, "LONGEST_RUN", 50)
    cube = np.full((2, 333, 4), 65535, np.uint16)
    axes = cubes.axes((2, 333), cubes.energy_axis(4))
    data, ordered = cubes.reorder(cube, axes, order)
    assert (rectangle_spectrum(data, ordered, (0, 0, 2, 333)).total == 65535 * 666).all()


def test_a_wide_row_of_saturated_counts_is_exact(cubes):
    cube = np.full((1, 70000, 2), 65535, np.uint16)
    axes = cubes.axes((1, 70000), cubes.energy_axis(2))
    assert (rectangle_spectrum(cube, axes, (0, 0, 1, 70000)).total == 65535 * 70000).all()


def test_blocks_without_a_pixel_are_not_read(cubes, cube, axes, monkeypatch):
    real = regions_module.blocks
    monkeypatch.setattr(regions_module, "blocks", lambda source, box: real(source, box, 2000))
    data = cubes.Lazy(cube)
    mask = np.zeros(SHAPE[:2], bool)
    mask[0, 0] = mask[-1, -1] = True
    found = mask_spectrum(data, axes, mask)
    assert np.array_equal(found.total, cube[0, 0].astype(float) + cube[-1, -1])
    assert data.elements_read() < 0.4 * cube.size


@pytest.mark.parametrize("lazy", [False, True])
def test_progress_and_cancel(cubes, cube, axes, monkeypatch, lazy):
    monkeypatch.setattr(regions_module, "BLOCK_BYTES", 256)
    real = regions_module.blocks
    monkeypatch.setattr(regions_module, "blocks", lambda source, box: real(source, box, 2000))
    data = cubes.Lazy(cube) if lazy else cube
    seen = []
    found = rectangle_spectrum(data, axes, (0, 0, 17, 13), progress=seen.append)
    assert np.array_equal(found.total, cube.sum(axis=(0, 1)))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert len(seen) > 3

    class StopError(Exception):
        pass

    def stop(fraction):
        raise StopError

    with pytest.raises(StopError):
        rectangle_spectrum(data, axes, (0, 0, 17, 13), progress=stop)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c, a: rectangle_spectrum(c, a, (20, 20, 30, 30)), "no pixel centre .* 16 and 12"),
        (lambda c, a: rectangle_spectrum(c, a, (1.1, 1.1, 1.9, 1.9)), "no pixel centre"),
        (lambda c, a: rectangle_spectrum(c, a, (0, 0, float("nan"), 1)), "no finite corners"),
        (lambda c, a: point_spectrum(c, a, -0.6, 0), r"outside the spectrum image of 17 × 13"),
        (lambda c, a: point_spectrum(c, a, float("inf"), 0), "no finite position"),
        (lambda c, a: mask_spectrum(c, a, np.ones((20, 20), bool)), "does not fit"),
        (lambda c, a: mask_spectrum(c, a, np.ones((2, 2), bool), (16, 0)), "does not fit"),
        (lambda c, a: mask_spectrum(c, a, np.zeros((2, 2), bool)), "no pixel centre"),
        (
            lambda c, a: rectangle_spectrum(c[..., :17], (*a[:2], a[0]), (0, 0, 1, 1)),
            "no spectral axis",
        ),
        (lambda c, a: rectangle_spectrum(c[:5], a, (0, 0, 1, 1)), "have the shape"),
    ],
)
def test_regions_without_a_pixel_are_refused_in_words(cube, axes, call, words):
    with pytest.raises(TiepointError, match=words):
        call(cube, axes)


def test_a_line_scan_has_no_region(cubes):
    axes = (Axis(name="x", size=4), cubes.energy_axis(5))
    with pytest.raises(TiepointError, match=r"this dataset has 1 \(x\)"):
        rectangle_spectrum(np.zeros((4, 5)), axes, (0, 0, 1, 1))

"""Element maps against direct sums."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.model.axes import Axis
from tiepoint.spectra import window_sums as sums_module
from tiepoint.spectra.maps import recipe_map, window_map
from tiepoint.spectra.notation import parse
from tiepoint.spectra.windows import recipe_for
from tiepoint.support.errors import TiepointError


def direct(cube, axis, low, high):
    positions = axis.offset + axis.scale * np.arange(axis.size)
    inside = (positions >= low) & (positions <= high)
    return cube[..., inside].astype(object).sum(axis=-1)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("order", ["last", "first", "middle"])
@pytest.mark.parametrize("code", ["u1", "u2", ">u2", "u4", "i2", "f4", "f8", "?"])
@pytest.mark.parametrize("kind", ["memory", "lazy", "chunked", "strided"])
def test_a_map_is_the_sum_of_its_channels(cubes, rng, order, code, kind):
    axis = cubes.energy_axis(300)
    cube = rng.integers(0, 2 if code == "?" else 200, (7, 5, 300)).astype(code)
    data, axes = cubes.reorder(cube, cubes.axes((7, 5), axis), order)
    if kind == "strided":
        data = data.repeat(2, axis=0)[::2]
    elif kind != "memory":
        data = cubes.Lazy(data, (3, 4, 2) if kind == "chunked" else None)
    found = window_map(data, axes, (0.52, 1.07))
    assert found.values.dtype == (np.float32 if code[0] == "f" else np.uint32)
    assert np.array_equal(found.values, direct(cube, axis, 0.52, 1.07).astype(float))
    assert [one.name for one in found.axes] == ["y", "x"]
    unit = "intensity" if code[0] == "f" else "counts"
    assert (found.unit, found.window_unit, found.label) == (unit, "keV", "0.52–1.07 keV")
    assert found.channels == (62, 117)


@pytest.mark.usefixtures("engine")
def test_no_sum_overflows(cubes):
    axis = cubes.energy_axis(2000)
    for code in ("u1", "u2"):
        cube = np.full((2, 3, 2000), np.iinfo(code).max, code)
        found = window_map(cube, cubes.axes((2, 3), axis), (0.0, 15.0)).values
        assert found[0, 0] == np.iinfo(code).max * 1501


@pytest.mark.usefixtures("engine")
def test_counts_beyond_32_bits_and_negative_ones_stay_exact(cubes):
    axis = cubes.energy_axis(100)
    large = np.full((2, 2, 100), 2**31, np.uint32)
    found = window_map(large, cubes.axes((2, 2), axis), (0.0, 0.5)).values
    assert found.dtype == np.float64
    assert (found == 51 * 2**31).all()
    negative = np.full((2, 2, 100), -3, np.int16)
    assert (window_map(negative, cubes.axes((2, 2), axis), (0.0, 0.5)).values == -153).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 198), min_size=2, max_size=6, unique=True), st.randoms())
def test_windows_that_share_a_side_between_channels_add_up(cubes, cuts, random):
    axis = cubes.energy_axis(200, scale=0.01, offset=0.0)
    cube = np.random.default_rng(random.randrange(2**32)).integers(0, 255, (4, 3, 200), np.uint8)
    ends = [(cut - 0.5) * 0.01 for cut in sorted(cuts)]
    axes = cubes.axes((4, 3), axis)
    parts = [window_map(cube, axes, pair).values for pair in pairwise(ends)]
    whole = window_map(cube, axes, (ends[0], ends[-1])).values
    assert np.array_equal(sum(part.astype(int) for part in parts), whole)


def test_only_the_channels_needed_are_read(cubes, rng):
    data = cubes.Lazy(rng.integers(0, 9, (20, 30, 1000)).astype(np.uint16))
    axes = cubes.axes((20, 30), cubes.energy_axis(1000))
    found = window_map(data, axes, (6.299, 6.501))
    assert data.elements_read() == 20 * 30 * 21
    assert np.array_equal(found.values, direct(data.array, axes[2], 6.299, 6.501).astype(int))


@pytest.mark.parametrize("order", ["last", "first", "middle"])
def test_memory_stays_bounded(cubes, rng, monkeypatch, order):
    limit = 4096
    real = sums_module.blocks
    monkeypatch.setattr(sums_module, "blocks", lambda source, box: real(source, box, limit))
    axis = cubes.energy_axis(500)
    cube = rng.integers(0, 9, (40, 30, 500)).astype(np.uint8)
    array, axes = cubes.reorder(cube, cubes.axes((40, 30), axis), order)
    data = cubes.Lazy(array)
    found = window_map(data, axes, (1.0, 3.0))
    assert max(data.array[key].nbytes for key in data.reads) <= limit
    assert len(data.reads) > 10
    assert np.array_equal(found.values, direct(cube, axis, 1.0, 3.0).astype(int))


def test_progress_rises_to_one_and_may_cancel(cubes, rng, monkeypatch):
    real = sums_module.blocks
    monkeypatch.setattr(sums_module, "blocks", lambda source, box: real(source, box, 1000))
    cube = rng.integers(0, 9, (40, 30, 100)).astype(np.uint8)
    axes = cubes.axes((40, 30), cubes.energy_axis(100))
    seen = []
    window_map(cube, axes, (0.1, 0.5), progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)

    class StopError(Exception):
        pass

    def stop(fraction):
        if fraction > 0.5:
            raise StopError

    with pytest.raises(StopError):
        window_map(cubes.Lazy(cube), axes, (0.1, 0.5), progress=stop)


def test_units_are_converted(cubes, rng):
    cube = rng.integers(0, 9, (4, 5, 1000)).astype(np.uint16)
    axes = cubes.axes((4, 5), cubes.energy_axis(1000))
    in_ev = window_map(cube, axes, (6270, 6530), unit="eV")
    assert np.array_equal(in_ev.values, window_map(cube, axes, (6.27, 6.53)).values)
    assert in_ev.window == pytest.approx((6.27, 6.53))


def test_a_linear_background_vanishes_on_a_straight_line(cubes):
    axis = cubes.energy_axis(1000)
    ramp = np.broadcast_to(3.0 + 0.5 * np.arange(1000), (2, 2, 1000)).copy()
    ramp[1, 1, 640:661] += 10
    found = window_map(
        ramp, cubes.axes((2, 2), axis), (6.299, 6.501),
        background="linear", background_windows=((5.8, 6.0), (6.6, 6.7)),
    )  # fmt: skip
    assert found.values[0, 0] == pytest.approx(0, abs=1e-2)
    assert found.values[1, 1] == pytest.approx(210, abs=1e-2)
    assert found.unit == "net intensity", "fractional numbers were not counted"
    assert found.background_windows == ((5.8, 6.0), (6.6, 6.7))


def test_symmetric_flanks_are_the_mean_of_the_two(cubes, rng):
    axis = cubes.energy_axis(1000)
    cube = rng.integers(0, 50, (3, 3, 1000)).astype(np.uint16)
    found = window_map(cube, cubes.axes((3, 3), axis), (6.299, 6.501), background="linear")
    # 21 channels; flanks of 10 channels centred 15.2 channels away on either side.
    (low, high) = found.background_windows
    left, right = (direct(cube, axis, *one) for one in (low, high))
    counts = [len(np.arange(1000)[_inside(axis, one)]) for one in (low, high)]
    mean = (left.astype(float) / counts[0] + right.astype(float) / counts[1]) / 2
    expected = direct(cube, axis, 6.299, 6.501).astype(float) - 21 * mean
    assert found.values == pytest.approx(expected.astype(float), abs=1e-3)


def _inside(axis, window):
    positions = axis.offset + axis.scale * np.arange(axis.size)
    return (positions >= window[0]) & (positions <= window[1])


def test_a_recipe_is_the_same_map(cubes, rng):
    cube = rng.integers(0, 50, (3, 3, 1000)).astype(np.uint16)
    axes = cubes.axes((3, 3), cubes.energy_axis(1000))
    recipe = recipe_for("id", parse("Fe Ka"), net=True)
    found = recipe_map(cube, axes, recipe)
    direct_map = window_map(
        cube, axes, recipe.window, background="linear",
        background_windows=recipe.background_windows,
    )  # fmt: skip
    assert np.array_equal(found.values, direct_map.values)
    assert found.label == "Fe Kα"
    in_ev = (axes[0], axes[1], cubes.energy_axis(1000, 10.0, -100.0, "eV"))
    again = recipe_map(cube, in_ev, recipe)
    assert np.array_equal(found.values, again.values)
    assert again.background_windows[0] == pytest.approx(
        tuple(end * 1000 for end in recipe.background_windows[0])
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"background": "linear", "background_windows": ((1.0, 2.0),)}, "needs two windows"),
        (
            {"background": "linear", "background_windows": ((1.0, 2.0), (6.0, 6.3))},
            "must lie on either side",
        ),
        (
            {"background": "linear", "background_windows": ((1.0, 2.0), (3.0, 4.0))},
            "must lie on either side",
        ),
        ({"background_windows": ((1.0, 2.0),)}, "no kind of background"),
        (
            {"background": "linear", "background_windows": ((1.0, 2.0), (20.0, 21.0))},
            "background window .* lies outside",
        ),
    ],
)
def test_backgrounds_that_make_no_sense_are_refused(cubes, more, words):
    cube = np.zeros((2, 2, 1000), np.uint8)
    axes = cubes.axes((2, 2), cubes.energy_axis(1000))
    with pytest.raises(TiepointError, match=words):
        window_map(cube, axes, (6.2, 6.5), **more)


def test_a_window_over_the_end_of_the_axis_warns(cubes):
    cube = np.ones((2, 2, 1000), np.uint8)
    axes = cubes.axes((2, 2), cubes.energy_axis(1000))
    found = window_map(cube, axes, (9.8, 11.0))
    assert (found.values == 10).all()
    assert "reaches beyond the Energy axis; only its channels 990 to 999 exist" in found.warnings[0]


def test_shapes_and_single_spectra_are_checked(cubes):
    axis = cubes.energy_axis(10)
    with pytest.raises(TiepointError, match="have the shape"):
        window_map(np.zeros((2, 3, 10)), cubes.axes((3, 2), axis), (0.0, 0.1))
    with pytest.raises(TiepointError, match="no pixels"):
        window_map(np.zeros(10), (axis,), (-0.1, 0.0))


def test_line_scans_and_stacks_map_too(cubes, rng):
    axis = cubes.energy_axis(50)
    line = rng.integers(0, 9, (6, 50)).astype(np.uint8)
    found = window_map(line, (Axis(name="x", size=6), axis), (0.0, 0.2))
    assert np.array_equal(found.values, direct(line, axis, -1e-9, 0.2 + 1e-9).astype(int))
    stack = rng.integers(0, 9, (3, 4, 5, 50)).astype(np.uint8)
    axes = (Axis(name="t", size=3, role="time"), *cubes.axes((4, 5), axis))
    found = window_map(stack, axes, (0.0, 0.2))
    assert np.array_equal(found.values, direct(stack, axis, -1e-9, 0.2 + 1e-9).astype(int))


def test_dask_arrays_are_read_by_their_chunks(cubes, rng):
    dask_array = pytest.importorskip("dask.array", reason="dask is not installed")
    cube = rng.integers(0, 200, (9, 8, 120)).astype(np.uint8)
    axes = cubes.axes((9, 8), cubes.energy_axis(120))
    lazy = dask_array.from_array(cube, chunks=(4, 3, 50))
    found = window_map(lazy, axes, (0.0, 0.73))
    assert np.array_equal(found.values, window_map(cube, axes, (0.0, 0.73)).values)


def test_stored_chunks_without_a_window_are_not_read(cubes, rng):
    cube = rng.integers(0, 9, (6, 7, 400)).astype(np.uint16)
    lazy = cubes.Lazy(cube, (3, 7, 50))
    from tiepoint.spectra.axis import Channels
    from tiepoint.spectra.window_sums import window_sums

    ends = ((10, 20), (60, 70), (200, 203), (310, 330), (349, 351))
    windows = [Channels(first, last, (0, 1)) for first, last in ends]
    found = window_sums(lazy, 2, windows)
    for one, (first, last) in zip(found, ends, strict=True):
        assert np.array_equal(one, cube[..., first : last + 1].sum(axis=-1))
    assert lazy.elements_read() <= 6 * 7 * (90 + 50 + 42 + 60)

"""The compiled loops agree with numpy, on one thread and on several."""

import numpy as np
import pytest

from tiepoint.spectra import sums


@pytest.mark.usefixtures("engine")
def test_windows_and_runs_on_several_threads(rng, monkeypatch):
    monkeypatch.setattr(sums, "_SPLIT_FROM_BYTES", 0)
    monkeypatch.setattr(sums.os, "cpu_count", lambda: 3)
    data = rng.integers(0, 255, (40, 31, 50)).astype(np.uint8)
    starts, stops = np.array([3, 10, 7]), np.array([9, 44, 7])
    out = np.zeros((3, 40 * 31), np.uint32)
    sums.add_windows_last(data.reshape(-1, 50), starts, stops, out)
    expected = [data[..., a:b].sum(axis=-1).ravel() for a, b in zip(starts, stops, strict=True)]
    assert np.array_equal(out, expected)
    out = np.zeros((3, 40, 50), np.uint32)
    sums.add_windows_major(data, starts[:1], stops[:1], out[:1])
    assert np.array_equal(out[0], data[:, 3:9].sum(axis=1))
    runs = np.array([[r, r % 7, 20 + r % 5] for r in range(40)])
    total = np.zeros(50, np.uint64)
    sums.add_runs_last(data, runs, total)
    assert np.array_equal(total, sum(data[r, a:b].sum(axis=0) for r, a, b in runs))
    total = np.zeros(31, np.uint64)
    sums.add_runs_major(data, runs, total)
    assert np.array_equal(total, sum(data[r, :, a:b].sum(axis=1) for r, a, b in runs))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("code", ["u1", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize("count", [1, 5, 70])
def test_windows_up_to_the_ends_of_the_spectra(rng, monkeypatch, code, count):
    monkeypatch.setattr(sums, "_ready", {np.dtype(code).str})
    data = rng.integers(0, 100, (count, 300)).astype(code)
    starts, stops = np.array([0, 170, 299, 40]), np.array([131, 300, 300, 40])
    out = np.ones((4, count), sums.partial_type(data.dtype))
    sums.add_windows_last(data, starts, stops, out)
    windows = zip(starts, stops, strict=True)
    assert np.array_equal(out, [1 + data[:, a:b].sum(axis=1, dtype="f8") for a, b in windows])


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("add", [sums.add_runs_last, sums.add_runs_major])
def test_single_precision_values_are_added_up_in_double(add):
    tenth = np.float32(0.1)
    shape = (4, 100_003, 3) if add is sums.add_runs_last else (4, 3, 100_003)
    runs = np.array([[row, 0, 100_003] for row in range(4)])
    total = np.zeros(3, np.float64)
    add(np.full(shape, tenth), runs, total)
    np.testing.assert_allclose(total, 400_012 * float(tenth), rtol=1e-12)


def test_warming_up_makes_a_type_ready(monkeypatch):
    monkeypatch.setattr(sums, "_ready", set())
    assert sums._compiled(np.dtype(np.uint8), 1000) is None
    sums.warm_up(np.dtype(np.uint8))
    assert sums._compiled(np.dtype(np.uint8), 1000) is not None
    assert sums._compiled(np.dtype(np.float32), 1000) is None
    assert sums._compiled(np.dtype(np.float32), 2**30) is not None


@pytest.mark.parametrize("code", ["u1", "u2", "i1", "i2"])
def test_the_partial_type_holds_the_longest_run(code):
    kind, ends = sums.partial_type(np.dtype(code)), np.iinfo(code)
    assert ends.max * sums.LONGEST_RUN <= np.iinfo(kind).max
    assert ends.min * sums.LONGEST_RUN >= np.iinfo(kind).min


@pytest.mark.parametrize(
    ("code", "kind"), [("u4", "u8"), ("i4", "i8"), ("u8", "u8"), ("f4", "f8"), ("f8", "f8")]
)
def test_wide_types_are_summed_in_64_bits(code, kind):
    assert sums.partial_type(np.dtype(code)) == np.dtype(kind)
    assert sums.total_type(np.dtype(code)) == np.dtype(kind)

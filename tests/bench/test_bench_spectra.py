"""Element maps and spectra of regions against numpy and dask, on a 512 × 512 × 2048 cube.

Run by hand; rivals share a group, and only ratios within one run count::

    TIEPOINT_BENCH=1 pytest tests/bench/test_bench_spectra.py --benchmark-group-by=group,param
"""

import os

import numpy as np
import pytest

from tiepoint.geometry.transforms import Affine
from tiepoint.measure.masks import region_mask
from tiepoint.model.axes import Axis
from tiepoint.spectra import sums
from tiepoint.spectra.maps import recipe_map, window_map
from tiepoint.spectra.notation import parse
from tiepoint.spectra.regions import mask_spectrum, rectangle_spectrum
from tiepoint.spectra.windows import recipe_for

pytestmark = pytest.mark.skipif(
    "TIEPOINT_BENCH" not in os.environ, reason="a benchmark, run by hand with TIEPOINT_BENCH=1"
)

ROWS = COLUMNS = 512
CHANNELS = 2048
ENERGY = Axis(name="E", size=CHANNELS, scale=0.01, offset=-0.48, unit="keV", role="energy")
AXES = (Axis(name="y", size=ROWS), Axis(name="x", size=COLUMNS), ENERGY)
IRON = recipe_for("", parse("Fe Ka"), net=True)
BOX = (100, 150, 300, 350)
POLYGON = [(60.0, 40.0), (80.0, 470.0), (250.0, 300.0), (480.0, 400.0), (400.0, 90.0)]


@pytest.fixture(scope="module", params=["u1", "u2"])
def cube(request):
    rng = np.random.default_rng(0)
    spectrum = 0.3 + 2 * np.exp(-0.5 * ((np.arange(CHANNELS) - 688) / 7) ** 2)
    tile = rng.poisson(spectrum, (64, COLUMNS, CHANNELS)).astype(request.param)
    sums.warm_up(tile.dtype)
    return np.concatenate([tile] * (ROWS // 64))


@pytest.fixture(scope="module")
def energy_major(cube):
    return np.ascontiguousarray(np.moveaxis(cube, -1, 0))


@pytest.fixture(scope="module")
def polygon():
    return region_mask("polygon", POLYGON, Affine.identity(2), (ROWS, COLUMNS))


def channel_slices():
    energy = ENERGY.offset + ENERGY.scale * np.arange(CHANNELS)
    for low, high in (IRON.window, *IRON.background_windows):
        inside = np.flatnonzero((energy >= low) & (energy <= high))
        yield slice(inside[0], inside[-1] + 1)


def numpy_net(cube):
    signal, left, right = (cube[..., part] for part in channel_slices())
    total = signal.sum(axis=-1, dtype=np.uint32)
    mean = (left.mean(axis=-1) + right.mean(axis=-1)) / 2
    return total - signal.shape[-1] * mean


@pytest.mark.benchmark(group="line with background")
def test_map_ours(benchmark, cube):
    found = benchmark(lambda: recipe_map(cube, AXES, IRON))
    assert found.values == pytest.approx(numpy_net(cube), abs=1e-2)


@pytest.mark.benchmark(group="line with background")
def test_map_numpy(benchmark, cube):
    benchmark(lambda: numpy_net(cube))


@pytest.mark.benchmark(group="line with background")
def test_map_dask(benchmark, cube):
    dask_array = pytest.importorskip("dask.array", reason="dask is not installed")
    lazy = dask_array.from_array(cube, chunks=(64, 64, CHANNELS))
    benchmark.pedantic(lambda: numpy_net(lazy).compute(), rounds=3)


@pytest.mark.benchmark(group="window dragged")
def test_window_ours(benchmark, cube):
    benchmark(lambda: window_map(cube, AXES, IRON.window))


@pytest.mark.benchmark(group="window dragged")
def test_window_ours_energy_major(benchmark, cube, energy_major):
    axes = (AXES[2], *AXES[:2])
    found = benchmark(lambda: window_map(energy_major, axes, IRON.window))
    assert np.array_equal(found.values, window_map(cube, AXES, IRON.window).values)


@pytest.mark.benchmark(group="window dragged")
def test_window_numpy(benchmark, cube):
    part = next(channel_slices())
    benchmark(lambda: cube[..., part].sum(axis=-1, dtype=np.uint32))


@pytest.mark.benchmark(group="rectangle 200²")
def test_rectangle_ours(benchmark, cube):
    found = benchmark(lambda: rectangle_spectrum(cube, AXES, BOX))
    assert np.array_equal(found.total, cube[100:300, 150:350].sum(axis=(0, 1), dtype=np.uint64))


@pytest.mark.benchmark(group="rectangle 200²")
def test_rectangle_numpy(benchmark, cube):
    benchmark(lambda: cube[100:300, 150:350].sum(axis=(0, 1), dtype=np.uint64))


@pytest.mark.benchmark(group="rectangle 200²")
def test_rectangle_memory_bandwidth(benchmark, cube):
    words = cube.reshape(-1)[: 200 * 200 * CHANNELS].view(np.uint64)
    benchmark(lambda: words.sum())


@pytest.mark.benchmark(group="polygon")
def test_polygon_ours(benchmark, cube, polygon):
    found = benchmark(lambda: mask_spectrum(cube, AXES, polygon.mask, polygon.corner))
    whole = polygon.full((ROWS, COLUMNS))
    assert np.array_equal(found.total, cube[whole].sum(axis=0, dtype=np.uint64))


@pytest.mark.benchmark(group="polygon")
def test_polygon_numpy(benchmark, cube, polygon):
    whole = polygon.full((ROWS, COLUMNS))
    benchmark.pedantic(lambda: cube[whole].sum(axis=0, dtype=np.uint64), rounds=3)


@pytest.fixture(scope="module")
def losses():
    rng = np.random.default_rng(1)
    loss = 300 + 0.5 * np.arange(2048)
    law = 200 * (loss / 450) ** -3 + np.where(loss >= 532, 20 * (loss / 532) ** -3, 0)
    tile = rng.poisson(law, (32, 256, 2048)).astype(np.float32)
    return np.concatenate([tile] * 8), loss


@pytest.mark.benchmark(group="power law and integral, 256² × 2048")
def test_power_law_ours(benchmark, losses):
    cube, _ = losses
    sums.warm_up(cube.dtype)
    energy = Axis(name="E", size=2048, scale=0.5, offset=300.0, unit="eV", role="energy")
    axes = (Axis(name="y", size=256), Axis(name="x", size=256), energy)
    found = benchmark(lambda: recipe_map(cube, axes, recipe_for("", parse("O K"), net=True)))
    assert found.values.mean() == pytest.approx(1770, rel=0.1)


@pytest.mark.benchmark(group="power law and integral, 256² × 2048")
def test_power_law_least_squares_numpy(benchmark, losses):
    cube, loss = losses
    fit = (loss >= 452.2) & (loss <= 524.02)
    signal = (loss >= 532) & (loss <= 582)
    design = np.stack([np.ones(fit.sum()), np.log(loss[fit])], axis=1)
    solve = np.linalg.pinv(design).T

    def net():
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(cube[..., fit], 0.5))
        scale, slope = np.moveaxis(logs @ solve, -1, 0)
        under = np.exp(scale[..., None] + slope[..., None] * np.log(loss[signal])).sum(axis=-1)
        return cube[..., signal].sum(axis=-1) - under

    benchmark.pedantic(net, rounds=3)

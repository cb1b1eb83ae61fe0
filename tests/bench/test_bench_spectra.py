"""Element maps and spectra of regions against hyperspy, exspy, numpy and dask.

The cube has 512 × 512 × 2048 values of 8 bits (0.5 GB), in memory and on disk with the chunk shapes
of the goals' 4 GB; rates and ratios are those of the larger one as long as the disk is read.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bench_table import Rival

from tiepoint.data.copies.events import EventArray
from tiepoint.data.copies.folder import CopyFolder
from tiepoint.data.copies.make import make_copy
from tiepoint.data.h5_array import h5_array
from tiepoint.geometry.transforms import Affine
from tiepoint.measure.masks import region_mask
from tiepoint.model.axes import Axis
from tiepoint.spectra import sums
from tiepoint.spectra.maps import recipe_map, window_map
from tiepoint.spectra.notation import parse
from tiepoint.spectra.regions import mask_spectrum, rectangle_spectrum
from tiepoint.spectra.windows import recipe_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench_table import Compared

    from tiepoint.measure.masks import RegionMask
    from tiepoint.support.arrays import AnyArray

    Compare = Callable[..., Compared]

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = COLUMNS = 512
CHANNELS = 2048
SCALE, OFFSET = 0.01, -0.48
ENERGY = Axis(name="E", size=CHANNELS, scale=SCALE, offset=OFFSET, unit="keV", role="energy")
AXES = (Axis(name="y", size=ROWS), Axis(name="x", size=COLUMNS), ENERGY)
IRON = recipe_for("", parse("Fe Ka"), net=True)
BOX = (100, 150, 300, 350)
POLYGON = [(60.0, 40.0), (80.0, 470.0), (250.0, 300.0), (480.0, 400.0), (400.0, 90.0)]


def counts(level: float, dtype: str) -> AnyArray:
    """An EDS cube with an iron line; one eighth of it is random, the rest repeats it."""
    rng = np.random.default_rng(0)
    spectrum = level * (1 + 7 * np.exp(-0.5 * ((np.arange(CHANNELS) - 688) / 7) ** 2))
    tile = rng.poisson(spectrum, (64, COLUMNS, CHANNELS)).astype(dtype)
    sums.warm_up(tile.dtype)
    return np.concatenate([tile] * (ROWS // 64))


@pytest.fixture(scope="module")
def cube() -> AnyArray:
    return counts(0.3, "u1")


@pytest.fixture(scope="module")
def polygon() -> RegionMask:
    return region_mask("polygon", POLYGON, Affine.identity(2), (ROWS, COLUMNS))


def channel_slices() -> Iterator[slice]:
    energy = OFFSET + SCALE * np.arange(CHANNELS)
    for low, high in (IRON.window, *IRON.background_windows):
        inside = np.flatnonzero((energy >= low) & (energy <= high))
        yield slice(inside[0], inside[-1] + 1)


def numpy_net(cube: Any) -> Any:
    signal, left, right = (cube[..., part] for part in channel_slices())
    total = signal.sum(axis=-1, dtype=np.uint32)
    return total - signal.shape[-1] * (left.mean(axis=-1) + right.mean(axis=-1)) / 2


def exspy_signal(data: Any, kind: str, scale: float, offset: float, units: str) -> Any:
    """The values as exspy holds them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
        signal = hs.signals.Signal1D(data)
        axis = signal.axes_manager.signal_axes[0]
        axis.scale, axis.offset, axis.units, axis.name = scale, offset, units, "Energy"
        signal.set_signal_type(kind)
    return signal


def exspy_net(signal: Any) -> Callable[[], Any]:
    """Exspy's net intensity over the very same channels."""
    axis = signal.axes_manager.signal_axes[0]
    ends = [(axis.axis[one.start], axis.axis[one.stop]) for one in channel_slices()]
    (signal_window, left, right) = ends

    def work() -> AnyArray:
        found = signal.get_lines_intensity(
            ["Fe_Ka"],
            integration_windows=[list(signal_window)],
            background_windows=np.array([[*left, *right]]),
        )
        return np.asarray(found[0].data)

    signal.set_elements(["Fe"])
    return work


def test_element_map(compare: Compare, cube: AnyArray) -> None:
    import dask.array as da

    lazy = da.from_array(cube, chunks=(64, 64, CHANNELS))
    signal = exspy_signal(cube, "EDS_TEM", SCALE, OFFSET, "keV")
    found = compare(
        "element map, one line + background, 512² × 2048 uint8, RAM",
        lambda: recipe_map(cube, AXES, IRON).values,
        Rival("exspy", exspy_net(signal), 0.4),
        Rival("numpy", lambda: numpy_net(cube)),
        Rival("dask", lambda: numpy_net(lazy).compute()),
    )
    assert found.ours == pytest.approx(found.rivals["numpy"], abs=1e-2)
    assert found.ours == pytest.approx(found.rivals["exspy"], abs=1e-2)


def test_window_drag(compare: Compare, cube: AnyArray) -> None:
    """Live: the window moves, the map follows."""
    major = np.ascontiguousarray(np.moveaxis(cube, -1, 0))
    part = next(channel_slices())
    found = compare(
        "window dragged, energy-major copy, RAM",
        lambda: window_map(major, (AXES[2], *AXES[:2]), IRON.window).values,
        Rival("numpy, energy last", lambda: cube[..., part].sum(axis=-1, dtype=np.uint32)),
        most_ms=2,
    )
    assert np.array_equal(found.ours, found.rivals["numpy, energy last"])


def test_spectra_of_regions(compare: Compare, cube: AnyArray, polygon: RegionMask) -> None:
    hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
    signal = hs.signals.Signal1D(cube)
    whole = polygon.full((ROWS, COLUMNS))
    words = cube.reshape(-1)[: 200 * 200 * CHANNELS].view(np.uint64)
    found = compare(
        "spectrum of a rectangle 200², 2048 channels uint8, RAM",
        lambda: rectangle_spectrum(cube, AXES, BOX).total,
        Rival("hyperspy", lambda: signal.inav[150:350, 100:300].sum().data, 0.2),
        Rival("numpy", lambda: cube[100:300, 150:350].sum(axis=(0, 1), dtype=np.uint64)),
        Rival("reading the bytes as 64-bit words", lambda: words.sum(), 2),
    )
    assert np.array_equal(found.ours, found.rivals["numpy"])
    mask = hs.signals.BaseSignal(whole).T

    def hyperspy_polygon() -> AnyArray:
        return np.asarray((signal * mask).sum().data)

    found = compare(
        "spectrum of a polygon, 99 000 pixels × 2048 channels uint8, RAM",
        lambda: mask_spectrum(cube, AXES, polygon.mask, polygon.corner).total,
        Rival("hyperspy", hyperspy_polygon, 0.2),
        Rival("numpy", lambda: cube[whole].sum(axis=0, dtype=np.uint64)),
    )
    assert np.array_equal(found.ours, found.rivals["numpy"])


def drop(path: Path) -> None:
    """Let the system forget what it keeps of files in memory."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file() and hasattr(os, "posix_fadvise"):
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_element_map_on_disk(compare: Compare, cube: AnyArray, tmp_path: Path) -> None:
    """A gzip file as instruments and hyperspy write it, against our copy of it, both cold."""
    import h5py

    hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
    path = tmp_path / "cube.hspy"
    exspy_signal(cube, "EDS_TEM", SCALE, OFFSET, "keV").save(
        path, chunks=(16, 16, CHANNELS), compression="gzip"
    )
    with h5py.File(path) as file:
        name = next(f"/Experiments/{key}/data" for key in file["Experiments"])
        source = h5_array(path, file[name])
    folder = CopyFolder(tmp_path / "copies", 1 << 40)
    copy = make_copy(source, 2, folder, "cube")
    lazy = hs.load(path, lazy=True, signal_type="EDS_TEM")
    lazy.set_elements(["Fe"])

    def exspy_lazy() -> AnyArray:
        work = exspy_net(lazy)()
        return np.asarray(work.compute() if hasattr(work, "compute") else work)

    found = compare(
        "element map on disk, 0.5 GB (chunks as for 4 GB), cold",
        lambda: recipe_map(copy, AXES, IRON).values,
        Rival("exspy lazy, gzip", exspy_lazy, 0.05, setup=lambda: drop(path)),
        Rival("ours on the gzip file", lambda: recipe_map(source, AXES, IRON).values,
              setup=lambda: drop(path)),
        Rival("h5py and numpy", lambda: numpy_net(source[...]), setup=lambda: drop(path)),
        setup=lambda: drop(folder.path),
    )  # fmt: skip
    assert found.ours == pytest.approx(found.rivals["exspy lazy, gzip"], abs=1e-2)


def test_events(
    compare: Compare, measured: Callable[..., None], polygon: RegionMask, tmp_path: Path
) -> None:
    dense = counts(0.08, "u1")

    class Source:
        shape, dtype, ndim, chunks = dense.shape, dense.dtype, 3, (1, COLUMNS, CHANNELS)

        def __getitem__(self, key: Any) -> AnyArray:
            return dense[key]

    copy = make_copy(Source(), 2, CopyFolder(tmp_path, 1 << 40), "events")
    assert isinstance(copy, EventArray)
    measured(
        f"event form of {copy.events.size / 1e6:.0f} M events, bytes / dense bytes",
        copy.nbytes / dense.nbytes, "×", most=0.25,
    )  # fmt: skip
    found = compare(
        "window dragged, events",
        lambda: window_map(copy, AXES, IRON.window).values,
        Rival("ours, dense RAM", lambda: window_map(dense, AXES, IRON.window).values),
        most_ms=40,
    )
    assert np.array_equal(found.ours, found.rivals["ours, dense RAM"])
    found = compare(
        "spectrum of a polygon, events",
        lambda: mask_spectrum(copy, AXES, polygon.mask, polygon.corner).total,
        Rival(
            "ours, dense RAM",
            lambda: mask_spectrum(dense, AXES, polygon.mask, polygon.corner).total,
        ),
    )
    assert np.array_equal(found.ours, found.rivals["ours, dense RAM"])


def test_power_law(compare: Compare, measured: Callable[..., None]) -> None:
    rng = np.random.default_rng(1)
    loss = 300 + 0.5 * np.arange(2048)
    law = 200 * (loss / 450) ** -3
    edge = np.where(loss >= 532, 20 * (loss / 532) ** -3, 0)
    tile = rng.poisson(law + edge, (32, 256, 2048)).astype(np.float32)
    cube = np.concatenate([tile] * 8)
    sums.warm_up(cube.dtype)
    energy = Axis(name="E", size=2048, scale=0.5, offset=300.0, unit="eV", role="energy")
    axes = (Axis(name="y", size=256), Axis(name="x", size=256), energy)
    recipe = recipe_for("", parse("O K"), net=True)
    ((low, high),) = recipe.background_windows
    signal = exspy_signal(cube, "EELS", 0.5, 300.0, "eV")

    def hyperspy_cropped() -> AnyArray:
        part = signal.isig[low : recipe.window[1] + 0.5]
        clean = part.remove_background(
            (low, high), background_type="PowerLaw", fast=True, show_progressbar=False
        )
        return np.asarray(clean.isig[recipe.window[0] :].sum(-1).data)

    def hyperspy_whole() -> AnyArray:
        clean = signal.remove_background(
            (low, high), background_type="PowerLaw", fast=True, show_progressbar=False
        )
        return np.asarray(clean.isig[recipe.window[0] : recipe.window[1] + 0.5].sum(-1).data)

    found = compare(
        "EELS power law + integral, 256² × 2048 float32",
        lambda: recipe_map(cube, axes, recipe).values,
        Rival("hyperspy, cropped", hyperspy_cropped, 0.1),
        Rival("hyperspy, whole spectra", hyperspy_whole),
    )
    inside = (loss >= recipe.window[0]) & (loss <= recipe.window[1])
    true = float(edge[inside].sum())
    for name, values in (("ours", found.ours), ("hyperspy", found.rivals["hyperspy, cropped"])):
        off = 100 * abs(float(np.mean(values)) / true - 1)
        measured(f"EELS power law: bias of the net counts, {name}", off, "%",
                 most=0.5 if name == "ours" else None)  # fmt: skip

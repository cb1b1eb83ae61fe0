"""Reading: sections of chunked files, stacks, contrast limits, pyramids, start-up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr
from bench_table import Rival

from tiepoint.data.contrast import contrast_limits
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids.plan import plan_levels
from tiepoint.data.pyramids.write import Averaging, write_levels
from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.pyramid import halve
from tiepoint.geometry.resample import resample, warm_up
from tiepoint.model.axes import Axis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIDE, CHUNK, DRAWN = 1280, 64, 1024
"""A volume of 4.2 GB in 8000 chunks, and the pixels of a section, one voxel each."""

PLANES, WIDE = 512, 2048
"""A stack of 4.3 GB of 16-bit values."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up()


def texture(shape: tuple[int, ...]) -> Any:
    """Values that pack about as well as a scan."""
    rng = np.random.default_rng(3)
    smooth = rng.normal(0, 1, tuple(n // 8 for n in shape)).astype(np.float32)
    for axis in range(len(shape)):
        smooth = np.repeat(smooth, 8, axis=axis)
    noise = rng.integers(0, 64, shape, np.uint16)
    return (30000 + 4000 * smooth).astype(np.uint16) + noise


def section() -> Grid:
    u_y, u_x = np.array([0.44, 0.81, -0.39]), np.array([-0.48, -0.15, -0.86])
    u_y /= np.linalg.norm(u_y)
    u_x -= (u_x @ u_y) * u_y
    u_x /= np.linalg.norm(u_x)
    corner = np.full(3, (SIDE - 1) / 2) - DRAWN / 2 * (u_y + u_x)
    return Grid.plane(corner, u_y, u_x, 1.0, (DRAWN, DRAWN))


def drop_from_memory(folder: Path) -> None:
    """Let the system forget what it keeps of files; written data stay."""
    for path in [folder] if folder.is_file() else [p for p in folder.rglob("*") if p.is_file()]:
        number = os.open(path, os.O_RDONLY)
        os.fsync(number)
        os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(number)


def touched(grid: Grid) -> set[tuple[int, ...]]:
    """Return the chunks that hold a corner of a cell which a pixel lies in."""
    rows, cols = np.indices(grid.shape).reshape(2, -1).astype(float)
    points = grid.index_to_physical(np.column_stack([rows, cols]))
    corners = np.array(list(np.ndindex(2, 2, 2)))
    found = [np.unique(np.floor(points + c).astype(int) // CHUNK, axis=0) for c in corners]
    return {tuple(chunk.tolist()) for chunk in np.unique(np.concatenate(found), axis=0)}


@pytest.fixture(scope="module")
def chunked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume of which only the chunks of one section are written: no other is looked at."""
    path = tmp_path_factory.mktemp("chunks") / "volume.zarr"
    lz4 = zarr.codecs.BloscCodec(cname="lz4")
    array = zarr.create_array(
        path, shape=(SIDE,) * 3, dtype="u2", chunks=(CHUNK,) * 3, compressors=lz4
    )
    values = texture((CHUNK,) * 3)
    for number, chunk in enumerate(sorted(touched(section()))):
        array[tuple(slice(at * CHUNK, (at + 1) * CHUNK) for at in chunk)] = values + number
    return path


@pytest.mark.parametrize("state", ["cold", "warm"])
def test_section_from_chunks(compare: Callable[..., Any], chunked: Path, state: str) -> None:
    grid = section()
    _, (draft,) = open_file(chunked)
    theirs = zarr.open_array(chunked, mode="r")

    def draw(source: Any) -> Any:
        return resample(source, grid, grid.index_to_physical, cache=ChunkCache(2**30)).values

    def forget() -> None:
        drop_from_memory(chunked)

    setup = forget if state == "cold" else None
    found = compare(
        f"oblique section 1024² of 1280³ in 64³ lz4 chunks, {state}",
        lambda: draw(draft.array),
        Rival("zarr-python", lambda: draw(theirs), goal=0.35, setup=setup),
        setup=setup,
    )
    np.testing.assert_array_equal(found.ours, found.rivals["zarr-python"])


def test_bytes_of_the_touched_chunks_only(measured: Callable[..., None], chunked: Path) -> None:
    grid = section()
    _, (draft,) = open_file(chunked)
    read: set[tuple[int, ...]] = set()

    class Watched:
        shape, dtype, chunks = draft.array.shape, draft.array.dtype, draft.array.chunks

        def __getitem__(self, key: Any) -> Any:
            read.add(tuple(part.start for part in key))
            return draft.array[key]

    resample(Watched(), grid, grid.index_to_physical)
    measured("chunks read / chunks touched", len(read) / len(touched(grid)), "×", most=1.1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stack") / "stack.tif"
    page = texture((WIDE, WIDE))
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for number in range(PLANES):
            writer.write(page + number, contiguous=True)
    return path


@pytest.fixture(scope="module")
def stack_zarr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stackz") / "stack.zarr"
    page = texture((WIDE, WIDE))
    array = zarr.create_array(path, shape=(64, WIDE, WIDE), dtype="u2", chunks=(64, 64, 64))
    array[...] = np.stack([page + number for number in range(64)])
    return path


def test_first_slice_of_a_stack(compare: Callable[..., Any], stack: Path, stack_zarr: Path) -> None:
    import dask.array as da

    def ours() -> Any:
        _, (draft,) = open_file(stack)
        return np.asarray(draft.array[PLANES // 2])

    def theirs() -> Any:
        return np.asarray(da.from_zarr(str(stack_zarr))[32])

    compare(
        "open a 4.3 GB stack, first slice, cold",
        ours,
        Rival("zarr + dask", theirs, 0.3, setup=lambda: drop_from_memory(stack_zarr)),
        setup=lambda: drop_from_memory(stack),
    )


def test_contrast_limits_of_a_stack(compare: Callable[..., Any], stack: Path) -> None:
    _, (draft,) = open_file(stack)
    compare(
        "contrast limits of a 4.3 GB stack, cold",
        lambda: contrast_limits(draft.array),
        setup=lambda: drop_from_memory(stack),
        most_ms=100,
    )


def test_pyramid(compare: Callable[..., Any]) -> None:
    image = texture((4096, 4096))

    def ours() -> list[Any]:
        levels = [image]
        while max(levels[-1].shape) > 64:
            levels.append(halve(levels[-1]))
        return levels

    def by_numpy() -> list[Any]:
        levels = [image]
        while max(levels[-1].shape) > 64:
            half = levels[-1].shape[0] // 2
            mean = levels[-1].reshape(half, 2, half, 2).mean(axis=(1, 3))
            levels.append(np.rint(mean).astype(np.uint16))
        return levels

    found = compare("pyramid of 4096² uint16 in memory", ours, Rival("numpy", by_numpy, goal=0.15))
    for a, b in zip(found.ours, found.rivals["numpy"], strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1


def by_ome_zarr(values: Any, folder: Path, chunks: tuple[int, ...]) -> Callable[[], None] | None:
    """Return ome-zarr-py's way to write the same pyramid, if it is installed."""
    if find_spec("ome_zarr") is None:
        return None
    from ome_zarr.writer import write_image

    def run() -> None:
        group = zarr.open_group(folder, mode="w")
        axes = "zyx"[-values.ndim :]
        write_image(values, group, axes=axes, storage_options={"chunks": chunks})

    return run


@pytest.mark.parametrize("shape", [(4096, 4096), (512, 512, 512)], ids=["4096²", "512³"])
def test_pyramid_on_disk(
    compare: Callable[..., Any], measured: Callable[..., None], tmp_path: Path,
    shape: tuple[int, ...],
) -> None:  # fmt: skip
    values = texture(shape)
    names = "zyx"[-len(shape) :]
    axes = [Axis(name=n, size=size, scale=1.0, unit="nm", role="space")
            for n, size in zip(names, shape, strict=True)]  # fmt: skip
    plans = plan_levels(axes, values.itemsize)
    averaging = Averaging()
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    times: list[float] = []

    def write() -> None:
        start = time.perf_counter()
        write_levels(ours, values, plans, averaging, list(names))
        times.append(time.perf_counter() - start)

    words = f"pyramid of {'4096²' if len(shape) == 2 else '512³'} uint16 to disk"
    compare(
        words,
        write,
        Rival("ome-zarr-py", by_ome_zarr(values, theirs, plans[0].chunks), goal=0.15),
        setup=lambda: shutil.rmtree(ours, ignore_errors=True),
    )
    measured(
        f"{words}, read and packed (wanted: at least 300)",
        values.nbytes / 1e6 / median(times),
        "MB/s",
    )
    np.testing.assert_array_equal(zarr.open_array(ours / "0", mode="r")[...], values)


NAPARI = """
import napari
viewer = napari.Viewer(show=True)
from qtpy.QtWidgets import QApplication
QApplication.processEvents()
import os; os._exit(0)
"""
OURS = """
from tiepoint.gui.application import make_application, open_window
from tiepoint.session import Session
app = make_application()
window = open_window(Session())
app.processEvents()
import os; os._exit(0)
"""


def run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_start_up(compare: Callable[..., Any], tmp_path: Path) -> None:
    os.environ["TIEPOINT_HOME"] = str(tmp_path)
    compare("window shown", lambda: run(OURS), Rival("bare napari", lambda: run(NAPARI), goal=1.25))
    compare(
        "tiepoint --version",
        lambda: subprocess.run(
            [sys.executable, "-m", "tiepoint", "--version"], check=True, capture_output=True
        ),
        most_ms=150,
    )

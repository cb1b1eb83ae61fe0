"""Memory beyond the cache's limit while a volume far larger than it is open."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import zarr

from tiepoint.support.settings import Settings, save_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (2000, 2048, 2048)
"""16.8 GB of 16-bit values."""

LIMITS_GB = (1, 3)
"""What the person set: what is beyond it must not depend on it."""

BEGIN = """
import sys
from pathlib import Path
import numpy as np
from tiepoint.data.sampling import bounds
from tiepoint.session import Session
from tiepoint.support.array_cache import SHARED
session = Session()
session.add_files([Path(sys.argv[1])])
(volume,) = session.project.datasets
low, high = bounds(volume)
middle = (low + high) / 2
places = [
    (float(depth), tilt)
    for tilt in ((0.0, 0.0), (30.0, 20.0))
    for depth in np.linspace(low[0], high[0], 12)[1:-1]
]
"""
HEADLESS = """
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
session.drawing.prepare(volume)
pixel = (high - low)[1:].max() / 1024
y, x = np.eye(2)
grid = Grid.plane(np.full(2, -512 * pixel), y, x, pixel, (1024, 1024))
for depth, tilt in places:
    plane = Plane.at(depth, tilt, tuple(middle[1:]))
    drawn = session.drawing.section(volume, volume.id, plane, grid)
assert np.nanmean(drawn.values) == 700
"""
WINDOW = """
import time
from tiepoint.gui.application import make_application, open_window
app = make_application()
window = open_window(session)
window.desk.views.view_in(volume.id)
pane = window.desk.workspace.main

def settle():
    app.processEvents()
    until = time.monotonic() + 60
    while pane.busy and time.monotonic() < until:
        app.processEvents()
        time.sleep(0.005)
    assert not pane.busy, "what the background does beside it counts, but is not waited for"

settle()
for depth, tilt in places:
    pane.set_section(depth, tilt)
    settle()
assert np.nanmean(pane.sections[volume.id].values) == 700
"""
END = """
import os
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
assert SHARED.limit_bytes == int(sys.argv[2]), "the limit is the one that was set"
assert SHARED.bytes > 0.9 * SHARED.limit_bytes, "the cache was filled"
print((peak - SHARED.bytes) / 2**20, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak")
@pytest.mark.parametrize("limit_gb", LIMITS_GB)
@pytest.mark.parametrize(("how", "work"), [("session", HEADLESS), ("window", WINDOW)])
def test_memory_with_a_large_volume(
    measured: Callable[..., None],
    own_home: Path,
    tmp_path: Path,
    how: str,
    work: str,
    limit_gb: float,
) -> None:
    if how == "window" and not os.environ.get("DISPLAY"):
        pytest.skip("no display: start one with Xvfb and set DISPLAY")
    path = tmp_path / "large.zarr"
    zarr.create_array(path, shape=SHAPE, dtype="u2", chunks=(64, 64, 64), fill_value=700)
    save_settings(Settings(cache_limit_gb=limit_gb))
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN + work + END, str(path), str(int(limit_gb * 1e9))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    name = f"memory beyond the cache's limit, 16.8 GB volume, {how}, limit {limit_gb} GB"
    measured(name, float(ended.stdout.split()[-1]), "MB", most=1024)

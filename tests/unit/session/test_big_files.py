"""A volume far larger than memory: opened, drawn and its limits found without reading it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tiepoint.support.settings import Settings, save_settings

GIGABYTES = int(os.environ.get("TIEPOINT_BIG_GIGABYTES", "4"))
ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, resource, sys
import numpy as np
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.session import Session

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

session = Session()
path, slices = sys.argv[1], sys.argv[2]
answers = {"columns": "2048", "rows": "1024", "slices": slices, "numbers": "16 bit unsigned",
           "order": "little-endian (PC)", "header_bytes": "0", "voxel": "1", "unit": "µm"}
before = resident()
(dataset,) = session.add_files([path], answers)
session.drawing.prepare(dataset)
size = [axis.size * axis.scale for axis in dataset.spatial_axes]
for share, tilt in ((0.1, 0.0), (0.5, 8.0), (0.9, 0.0)):
    plane = Plane.at(share * size[0], (tilt, 0.0))
    grid = Grid.covering(np.array([[0.0, 0.0], [1023.0, 2047.0]]), 4.0)
    session.drawing.section(dataset, dataset.id, plane, grid)
session.close()
print(json.dumps([dataset.shape, resident() - before]))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.usefixtures("own_home")
def test_a_volume_larger_than_memory_stays_small(tmp_path):
    """16 GB in a long run: ``TIEPOINT_BIG_GIGABYTES=16``."""
    slices = GIGABYTES * 256
    path = tmp_path / "big.raw"
    with path.open("wb") as stream:
        stream.truncate(slices * 2048 * 1024 * 2)  # sparse: takes no room on the disk
    save_settings(Settings(cache_limit_gb=1))
    words = [sys.executable, "-c", SCRIPT, str(path), str(slices)]
    paths = os.pathsep.join(str(ROOT / part) for part in ("app", "plugins"))
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": paths}
    )
    assert done.returncode == 0, done.stderr
    shape, grown = json.loads(done.stdout)
    assert shape == [slices, 1024, 2048]
    assert grown < 1e9 + (1 << 30), "no more than a gigabyte beside the cache"

"""A reader as docs/plugins.md shows it, found by a fresh interpreter; and readers of napari."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def package(tmp_path):
    """The package of the page, as an installer would leave it."""
    home = tmp_path / "site"
    facts = home / "tiepoint_gsf-0.1.dist-info"
    facts.mkdir(parents=True)
    (home / "tiepoint_gsf.py").write_text(
        CODE.search((ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"))[1], encoding="utf-8"
    )
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: tiepoint-gsf\nVersion: 0.1\n")
    (facts / "entry_points.txt").write_text("[tiepoint.readers]\ngsf = tiepoint_gsf:READERS\n")
    return home


@pytest.fixture
def gsf(tmp_path):
    values = np.arange(35, dtype="<f4").reshape(5, 7)
    text = "Gwyddion Simple Field 1.0\nXRes = 7\nYRes = 5\nXReal = 7e-6\nYReal = 2.5e-6\n"
    head = (text + "XYUnits = m\n").encode()
    path = tmp_path / "a.gsf"
    path.write_bytes(head + b"\0" * (4 - len(head) % 4) + values.tobytes())
    return path


def test_the_reader_of_the_page_is_short():
    code = CODE.search((ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"))[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    assert "tiepoint.sdk" in code


def test_a_package_of_others_is_found_and_brings_no_qt(package, gsf):
    script = (
        "import json, sys; from pathlib import Path; from tiepoint.data.info import describe;"
        f"entry = describe(Path({str(gsf)!r}))[0];"
        "loaded = {m.split('.')[0] for m in sys.modules};"
        "print(json.dumps([entry['shape'], [a['scale'] for a in entry['axes']],"
        " sorted({a['unit'] for a in entry['axes']}),"
        " sorted(loaded & {'PySide6', 'qtpy', 'napari', 'vispy'})]))"
    )
    paths = [str(package), str(ROOT / "app"), str(ROOT / "plugins")]
    words = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=words, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[5, 7], [0.5, 1.0], ["µm"], []]


def test_without_the_package_the_file_is_refused(gsf):
    with pytest.raises(TiepointError, match="No reader knows"):
        open_file(gsf)


@pytest.fixture
def napari_plugin():
    """A plugin of napari that reads *.tpx files."""
    npe2 = pytest.importorskip("npe2")
    plugin = npe2.DynamicPlugin("tpx-reader", plugin_manager=npe2.PluginManager.instance())
    plugin.register()

    @plugin.contribute.reader(filename_patterns=["*.tpx"])
    def get_reader(path):
        def read(_path):
            values = np.arange(12, dtype=np.uint16).reshape(3, 4)
            return [
                (values, {"name": "a", "scale": (0.5, 0.25), "units": ("um", "um")}, "image"),
                (values, {"name": "b", "scale": (2.0, 2.0)}, "labels"),
            ]

        return read

    yield plugin
    plugin.cleanup()


def test_a_reader_of_napari_is_the_last_resort(napari_plugin, tmp_path):
    path = tmp_path / "a.tpx"
    path.write_bytes(b"x")
    spec, drafts = open_file(path)
    assert spec.name == "napari: tpx-reader"
    assert [(d.kind, d.array.shape) for d in drafts] == [("image", (3, 4)), ("labels", (3, 4))]
    assert [(a.scale, a.unit) for a in drafts[0].axes] == [(0.5, "µm"), (0.25, "µm")]
    assert drafts[1].axes[0].unit is None, "a scale without a unit says nothing"
    assert drafts[1].warnings

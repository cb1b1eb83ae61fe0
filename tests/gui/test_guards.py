"""Traps of the toolkits that must stay closed, and promises about imports and keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

START = """
from tiepoint.gui.application import make_application
app = make_application()
from tiepoint.viewer.host import CanvasHost
import numpy as np
host = CanvasHost()
host.resize(300, 200)
host.show()
picture = np.zeros((40, 60), np.float32)
"""

LAYER_CYCLES = (
    START
    + """
import sys
def cycle(times):
    for _ in range(times):
        layer = host.model.add_image(picture)
        app.processEvents()
        host.model.layers.remove(layer)
        app.processEvents()
cycle(10)
before = sys.getrefcount(None)
cycle(50)
print("LOST", before - sys.getrefcount(None))
host.close_canvas()
"""
)

SHAPES_CYCLES = (
    START
    + """
import os
from napari.settings import get_settings
print("AUTOSWAP", os.environ["NAPARI_AUTOSWAP"], get_settings().experimental.autoswap_buffers)
print("CONFIG", get_settings().config_path)
box = np.array([[5, 5], [5, 20], [20, 20], [20, 5]])
for turn in range(40):
    shapes = host.model.add_shapes([box + turn % 7], shape_type="polygon")
    app.processEvents()
    host.model.layers.remove(shapes)
    image = host.model.add_image(picture)
    app.processEvents()
    host.model.layers.remove(image)
    app.processEvents()
print("CYCLES", turn + 1)
host.close_canvas()
"""
)

FIVE_WINDOWS = """
from tiepoint.gui.application import make_application
app = make_application()
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtTest import QTest
from tiepoint.gui.main_window import MainWindow
from tiepoint.session import Session
for turn in range(5):
    window = MainWindow(Session())
    window.show()
    window.add_files([PATH])
    while not window.session.project.datasets:
        QTest.qWait(10)
    while window.desk.busy or window.desk.tasks.busy:
        QTest.qWait(10)
    window.session.document.mark_saved()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    app.processEvents()
left = [type(widget).__name__ for widget in app.topLevelWidgets()]
print("CLOSED", turn + 1)
print("LEFT", *left)
"""


def run_child(code: str, home: Path, timeout: int = 240) -> str:
    """Run `code` in a process of its own and return what it printed."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("app", "plugins"))
    env = {**os.environ, "TIEPOINT_HOME": str(home), "PYTHONPATH": paths}
    env.pop("NAPARI_AUTOSWAP", None)
    env.pop("NAPARI_CONFIG", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def words(printed: str, key: str) -> list[str]:
    """Return what stands after a key word in what a child printed."""
    return next(line.split()[1:] for line in printed.splitlines() if line.startswith(key))


def test_pyside_is_not_the_release_that_loses_none():
    import PySide6

    if sys.version_info < (3, 12):
        assert PySide6.__version__ != "6.12.0"


@pytest.mark.window
def test_no_reference_to_none_is_lost(qapp, tmp_path):
    (lost,) = words(run_child(LAYER_CYCLES, tmp_path), "LOST")
    assert int(lost) < 500, "about 3,500 are lost per cycle where PySide6 is broken"


@pytest.mark.window
def test_shapes_come_and_go_with_autoswap_and_own_settings(qapp, tmp_path):
    printed = run_child(SHAPES_CYCLES, tmp_path)
    assert words(printed, "AUTOSWAP") == ["1", "True"]
    assert words(printed, "CYCLES") == ["40"]
    assert Path(words(printed, "CONFIG")[0]).is_relative_to(tmp_path)


@pytest.mark.window
def test_five_windows_in_one_process(qapp, tmp_path):
    from small_files import write_ome

    path = write_ome(tmp_path / "small.ome.tif")
    printed = run_child(f"from pathlib import Path\nPATH = Path({str(path)!r})\n" + FIVE_WINDOWS,
                        tmp_path)  # fmt: skip
    assert words(printed, "CLOSED") == ["5"]
    assert not {"MainWindow", "Desk", "QtViewer"} & set(words(printed, "LEFT"))


QT_NAMES = ("PySide6", "napari", "vispy", "qtpy", "pyqtgraph", "superqt", "magicgui")


@pytest.mark.parametrize("module", ["tiepoint.session", "tiepoint.cli", "tiepoint.cli.commands"])
def test_no_qt_below_the_window(module, tmp_path):
    code = f"import sys, {module}; print('FOUND', *[n for n in {QT_NAMES!r} if n in sys.modules])"
    assert words(run_child(code, tmp_path), "FOUND") == []


def test_version_is_quick(tmp_path):
    code = (
        "import sys\nfrom tiepoint.cli import main\ncode = main(['--version'])\n"
        "print('CODE', code)\n"
        "print('FOUND', *[n for n in ('napari', 'numpy', 'PySide6') if n in sys.modules])"
    )
    printed = run_child(code, tmp_path)
    assert words(printed, "CODE") == ["0"]
    assert words(printed, "tiepoint")
    assert words(printed, "FOUND") == []

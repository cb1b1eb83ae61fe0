"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent

# In CI the same examples every time; by hand, new ones. Slow machines are no failures.
settings.register_profile(
    "tiepoint",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tiepoint")


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Folder of real instrument files; the test is left out, aloud, where there is none."""
    folder = Path(os.environ.get("TIEPOINT_REALDATA", ROOT.parent / "shared" / "data"))
    if not (folder / "MANIFEST.tsv").is_file():
        pytest.skip(f"no real instrument files at {folder} (set TIEPOINT_REALDATA)")
    return folder


@pytest.fixture(scope="session")
def qapp(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The one application; settings apart from the person's own and from napari's."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        pytest.skip("no display: start one with Xvfb and set DISPLAY")
    os.environ["TIEPOINT_HOME"] = str(tmp_path_factory.mktemp("home"))
    from tiepoint.gui.application import make_application

    return make_application()


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings folder of this test's own."""
    home = tmp_path / "home"
    monkeypatch.setenv("TIEPOINT_HOME", str(home))
    return home


@pytest.fixture
def open_window(qapp: Any, own_home: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a main window on a session; closed without questions."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from window_tools import activate

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session import Session

    windows: list[MainWindow] = []

    def make(session: Session | None = None) -> MainWindow:
        window = MainWindow(session or Session())
        windows.append(window)
        window.show()
        activate(window)
        return window

    yield make
    for window in windows:
        window.session.document.mark_saved()
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.processEvents()


@pytest.fixture
def window(open_window: Callable[..., Any]) -> Any:
    """A main window on an empty session."""
    return open_window()

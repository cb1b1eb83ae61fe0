"""A picture of the window on a project: ``python -m tiepoint.gui.screenshot PROJECT PNG``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from tiepoint.gui.main_window import MainWindow

SIZE = (1600, 1000)
LONGEST_WAIT_S = 180.0
SETTLE_S = 0.6


def has_display() -> bool:
    """Whether there is a screen to show a window on."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def write_screenshot(project: Path, picture: Path) -> None:
    """Open a project in a window of its own process and write what it shows.

    Raises
    ------
    TiepointError
        If the window could not be shown.
    """
    command = [sys.executable, "-m", "tiepoint.gui.screenshot", str(project), str(picture)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=2 * LONGEST_WAIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise TiepointError("The window did not answer, so there is no screenshot.") from None
    if ended.returncode != 0 or not picture.is_file():
        last = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TiepointError(f"There is no screenshot of the window: {last}")


def _main(project: Path, picture: Path) -> None:
    from tiepoint.gui.application import make_application, open_window
    from tiepoint.session import Session

    app = make_application()
    window = open_window(Session.open(project))
    window.resize(*SIZE)
    _wait_until_drawn(app, window)
    shot = app.primaryScreen().grabWindow(window.winId())
    if not shot.save(str(picture)):
        raise TiepointError(f"{picture} cannot be written.")
    window.session.document.mark_saved()
    window.close()


def _wait_until_drawn(app: QApplication, window: MainWindow) -> None:
    began = idle_since = time.monotonic()
    while time.monotonic() - began < LONGEST_WAIT_S:
        app.processEvents()
        if window.desk.busy or window.desk.tasks.busy:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > SETTLE_S:
            return


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))

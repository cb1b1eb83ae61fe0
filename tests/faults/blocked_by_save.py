"""How long a window stands still while it saves; run as a script, answers in JSON.

``python blocked_by_save.py FOLDER MEGABYTES SAVES``. A project with so many megabytes of maps is
saved from a window whose event loop ticks without pause; the longest time between two ticks during
the saves is the longest that the window stood still. The same without a save tells what the
machine itself does. Needs a display.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session import Session

SIDE = 1024
IDLE_S = 2.0


class Ticks:
    """An event loop that counts the time between its turns."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(0)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def during(self, done: Callable[[], bool]) -> dict[str, float]:
        """Serve events until something is done; return seconds, and the longest gap in ms."""
        from PySide6.QtWidgets import QApplication

        self.gaps.clear()
        began = self._last = time.perf_counter()
        while not done():
            QApplication.processEvents()
        return {
            "seconds": round(time.perf_counter() - began, 2),
            "longest gap in ms": round(1e3 * max(self.gaps, default=0.0), 1),
            "ticks": len(self.gaps),
        }


def project(megabytes: int) -> Session:
    """Return a session with maps of noise, which no compression makes smaller."""
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset, Display, MapRecipe
    from tiepoint.session import Session

    session = Session(author="Ann")
    axes = tuple(Axis(name=name, size=SIDE, unit="nm") for name in "yx")
    source = Dataset(name="EDS", axes=axes, display=Display(visible=False))
    maps = [
        Dataset(
            name=f"map {number}",
            axes=axes,
            recipe=MapRecipe(source=source.id, label="Fe Kα", window=(6.3, 6.5)),
            display=Display(visible=False),
        )
        for number in range(max(1, round(megabytes * 1e6 / (8 * SIDE * SIDE))))
    ]
    chance = np.random.default_rng(1)
    for one in maps:
        session.store.put(one.id, chance.random((SIDE, SIDE)))
    session.add_datasets([source, *maps])
    return session


def settle(window: MainWindow, seconds: float) -> None:
    """Serve events until what an edit set going has come to an end."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end or window.desk.busy:
        QApplication.processEvents()


def blocked(folder: Path, megabytes: int, saves: int) -> dict[str, Any]:
    """Save so many times and say how long the window stood still."""
    os.environ.setdefault("TIEPOINT_HOME", str(folder / "home"))
    from tiepoint.gui.application import make_application
    from tiepoint.gui.main_window import MainWindow
    from tiepoint.project import edits

    make_application()
    session = project(megabytes)
    path = folder / "big.tiepoint"
    session.save(path)
    window = MainWindow(session)
    window.show()
    settle(window, 5.0)
    ticks = Ticks()
    end = time.monotonic() + IDLE_S
    still = ticks.during(lambda: time.monotonic() > end)
    found = []
    for number in range(saves):
        session.document.apply("Rename", edits.set_project_details(name=f"n{number}"))
        settle(window, 1.0)
        window.files.save()
        found.append(ticks.during(lambda: not window.saving.is_busy))
    return {"megabytes": round(path.stat().st_size / 1e6), "without a save": still, "saves": found}


if __name__ == "__main__":
    answer = blocked(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)

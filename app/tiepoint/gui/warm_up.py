"""Compiling the drawing kernels beside the window, not in its way, then outlines and searches.

Compiling holds the interpreter for many seconds, so a process of its own does it and leaves the
result in the cache; until then pictures are drawn plainly.
"""

from __future__ import annotations

import sys
from collections import deque
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

SOON_NEEDED = (
    "scipy.ndimage", "scipy.spatial", "scipy.optimize", "scipy.interpolate", "dask.array",
    "pandas", "xraydb",
)  # fmt: skip
"""What the first dataset, spectrum and 3D view import, which takes tenths of a second each."""

DRAWING = "from tiepoint.geometry.resample import warm_up; warm_up()"
OUTLINES = """
import os
if hasattr(os, "nice"):
    os.nice(10)  # nobody waits for it yet
from tiepoint.viewer.outlines_ready import warm_up
warm_up()
"""
SEARCHING = """
import os
if hasattr(os, "nice"):
    os.nice(10)
from tiepoint.registration.automatic import image_ready, slice_ready
image_ready.warm_up()
slice_ready.warm_up()
"""


def import_soon_needed() -> None:
    """Import in the background what a window would stand still for."""
    for name in SOON_NEEDED:
        with suppress(ImportError):  # whoever needs it says so
            import_module(name)


class KernelWarmUp(QObject):
    """Makes the kernels ready; `is_ready` says when they are."""

    ready = Signal()
    _loaded = False  # in this process, by whichever window came first

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_ready = KernelWarmUp._loaded
        self._process = QProcess(self)
        self._loading: Thread | None = None
        self._importing = Thread(target=import_soon_needed, name="tiepoint-imports", daemon=True)
        self._steps: deque[tuple[str, Callable[[], None] | None]] = deque([
            (DRAWING, self._load_drawing), (OUTLINES, self._load_outlines), (SEARCHING, None),
        ])  # fmt: skip
        self._compiled: Callable[[], None] | None = None
        self._process.finished.connect(lambda *_: self._on_finished())
        self._process.errorOccurred.connect(lambda *_: self._on_error())
        self.ready.connect(self._on_ready)

    def start(self) -> None:
        """Begin compiling, unless this process has the kernels already."""
        if self.is_ready:
            return
        self._importing.start()
        if getattr(sys, "frozen", False):
            self._load(self._load_all)
        else:
            self._next()

    def stop(self) -> None:
        """End the process; what it has compiled stays in the cache."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(2000)
        for thread in (self._importing, self._loading):
            if thread is not None and thread.is_alive():
                thread.join()

    def _next(self) -> None:
        """Compile what comes next in a process of its own."""
        if self._steps:
            code, self._compiled = self._steps.popleft()
            self._process.start(sys.executable, ["-c", code])

    def _on_finished(self) -> None:
        """Load what has been compiled, and compile what comes next."""
        if self._compiled is not None:
            self._load(self._compiled)
        self._next()

    def _on_error(self) -> None:
        """Compile here what no process can be started for."""
        if self._process.error() is QProcess.ProcessError.FailedToStart:
            self._steps.clear()
            self._load(self._load_all)

    def _load(self, work: Callable[[], None]) -> None:
        """Load compiled kernels into this process, in the background, after those before."""
        before = self._loading

        def in_turn() -> None:
            if before is not None:
                before.join()
            work()

        self._loading = Thread(target=in_turn, name="tiepoint-kernels", daemon=True)
        self._loading.start()

    def _load_all(self) -> None:
        self._load_drawing()
        self._load_outlines()

    def _load_drawing(self) -> None:
        from tiepoint.geometry.resample import warm_up

        warm_up()
        self.ready.emit()

    def _load_outlines(self) -> None:
        from tiepoint.viewer.outlines_ready import warm_up

        warm_up()

    def _on_ready(self) -> None:
        self.is_ready = KernelWarmUp._loaded = True

"""Compiling the drawing kernels beside the window, not in its way, and then those of searches.

Compiling holds the interpreter for many seconds, so a process of its own does it and leaves the
result in the cache; until then pictures are drawn plainly.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from threading import Thread

from PySide6.QtCore import QObject, QProcess, Signal

SOON_NEEDED = (
    "scipy.ndimage", "scipy.spatial", "scipy.optimize", "scipy.interpolate", "dask.array",
    "pandas", "xraydb",
)  # fmt: skip
"""What the first dataset, spectrum and 3D view import, which takes tenths of a second each."""

DRAWING = "from tiepoint.geometry.resample import warm_up; warm_up()"
SEARCHING = """
import os
if hasattr(os, "nice"):
    os.nice(10)  # nobody waits for it yet
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
        self._process.finished.connect(lambda *_: self._go_on())
        self._process.errorOccurred.connect(lambda *_: self._load())
        self.ready.connect(self._on_ready)

    def start(self) -> None:
        """Begin compiling, unless this process has the kernels already."""
        if self.is_ready:
            return
        self._importing.start()
        if getattr(sys, "frozen", False):
            self._load()
        else:
            self._process.start(sys.executable, ["-c", DRAWING])

    def stop(self) -> None:
        """End the process; what it has compiled stays in the cache."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(2000)
        for thread in (self._importing, self._loading):
            if thread is not None and thread.is_alive():
                thread.join()

    def _go_on(self) -> None:
        """Load what has been compiled for drawing, and compile the searches."""
        if self._loading is None:
            self._load()
            self._process.start(sys.executable, ["-c", SEARCHING])

    def _load(self) -> None:
        """Load the compiled kernels into this process, in the background."""
        if self._loading is None:
            self._loading = Thread(target=self._work, name="tiepoint-kernels", daemon=True)
            self._loading.start()

    def _work(self) -> None:
        from tiepoint.geometry.resample import warm_up

        warm_up()
        self.ready.emit()

    def _on_ready(self) -> None:
        self.is_ready = KernelWarmUp._loaded = True

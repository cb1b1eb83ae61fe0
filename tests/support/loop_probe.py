"""How long the window was frozen: the longest gap between two turns of the event loop."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

TICK_MS = 5


class LoopProbe(QObject):
    """Ticks as fast as the event loop allows and notes the longest gaps, by what was being done."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps_ms: dict[str, float] = {}
        self._doing = ""
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def doing(self, what: str) -> None:
        """Say what is being done from now on; nothing that a person does: ``""``."""
        self._tick()
        self._doing = what

    def _tick(self) -> None:
        now = time.perf_counter()
        gap = 1000 * (now - self._last) - TICK_MS
        self.gaps_ms[self._doing] = max(self.gaps_ms.get(self._doing, 0.0), gap)
        self._last = now

    def stop(self) -> str:
        """End and return the longest gaps in words, longest first."""
        self._tick()
        self._timer.stop()
        done = ((what, gap) for what, gap in self.gaps_ms.items() if what)
        order = sorted(done, key=lambda item: -item[1])
        return " · ".join(f"{what} {gap:.0f} ms" for what, gap in order)

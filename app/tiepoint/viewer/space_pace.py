"""How finely volumes are drawn in space: as finely as the graphics can in the time of a frame."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (0.8, 1.6, 3.2)
"""Distances between the samples along a ray, voxels; the first is vispy's own."""

MOVING_MS, STILL_MS = 50.0, 90.0
"""What a frame may take while the view turns, and once it rests."""

REST_MS = 250


def step_that_fits(step: float, frame_ms: float, most_ms: float) -> float:
    """Return the finest of `STEPS` whose frames take no longer than `most_ms`.

    Parameters
    ----------
    step, frame_ms
            Step of a frame that was drawn, and the time that it took, which grows with the number
            of samples.
    """
    fitting = [other for other in STEPS if frame_ms * step / other <= most_ms]
    return fitting[0] if fitting else STEPS[-1]


class SpacePace(QObject):
    """Times the frames of a canvas in space and chooses the step of its volumes.

    Parameters
    ----------
    native
        The canvas, whose paintings are timed.
    use
        Told the step of all volumes.
    """

    def __init__(self, native: Any, use: Callable[[float], None]) -> None:
        super().__init__(native)
        self.step, self.frame_ms = STEPS[1], 0.0
        self._use, self._began = use, 0.0
        self._drawn = 0
        self._timed = QTimer(self)
        self._timed.setSingleShot(True)
        self._timed.timeout.connect(self._on_painted)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rest)
        native.installEventFilter(self)

    def begin(self) -> None:
        """Forget the times: other things are shown; the next frames say how long they take."""
        self.frame_ms, self._drawn = 0.0, 0
        self.choose(STEPS[1])
        self._rest.start()

    def on_turned(self, _event: object = None) -> None:
        """Draw so that the view follows the hand."""
        if self.frame_ms:
            self.choose(step_that_fits(self.step, self.frame_ms, MOVING_MS))
        self._rest.start()

    def choose(self, step: float) -> None:
        """Draw volumes with a step."""
        if step != self.step:
            if self.frame_ms:
                self.frame_ms *= self.step / step
            self.step, self._drawn = step, 0
            self._use(step)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See a painting begin; the turn of the event loop after it sees its end."""
        if event.type() == QEvent.Type.Paint and not self._timed.isActive():
            self._began = perf_counter()
            self._timed.start(0)
        return super().eventFilter(watched, event)

    def _on_painted(self) -> None:
        self._drawn += 1
        if self._drawn > 1:  # the first with new programs or textures says nothing
            self.frame_ms = 1000 * (perf_counter() - self._began)

    def _on_rest(self) -> None:
        if self.frame_ms:
            self.choose(step_that_fits(self.step, self.frame_ms, STILL_MS))

"""Hands and eyes for tests of the window: wait until idle, click, drag, type, take a picture."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.viewer.pane import Pane

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
TIMEOUT_S = 120.0


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Serve events until a condition holds."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"still not after {timeout_s:.0f} s: {what}"
        QTest.qWait(10)


def idle(window: MainWindow) -> None:
    """Wait until nothing is drawn, computed or waiting to be shown."""
    calm = 0
    end = time.monotonic() + TIMEOUT_S
    while calm < 3:
        assert time.monotonic() < end, "the window never came to rest"
        QTest.qWait(15)
        busy = window.desk.busy or window.desk.tasks.busy or window.saving.is_busy
        busy = busy or window.opening.is_busy
        calm = 0 if busy else calm + 1


def place_of(pane: Pane, yx: Sequence[float]) -> QPoint:
    """Return the canvas pixel of a point of the plane."""
    x, y = pane.screen_position(yx)
    return QPoint(round(x), round(y))


def pixel_reach(pane: Pane) -> float:
    """Return half the diagonal of a screen pixel in the pane's unit: how well a mouse can hit."""
    return 0.75 / pane.host.zoom


def click_at(pane: Pane, yx: Sequence[float], keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """Move to a point of the plane and click."""
    place = place_of(pane, yx)
    QTest.mouseMove(pane.host.native, place)
    QTest.mouseClick(pane.host.native, LEFT, keys, place)
    QTest.qWait(5)


def double_click_at(pane: Pane, yx: Sequence[float]) -> None:
    """Click twice on a point of the plane, as a mouse does it."""
    place = place_of(pane, yx)
    QTest.mouseClick(pane.host.native, LEFT, NO_KEYS, place)
    QTest.mouseDClick(pane.host.native, LEFT, NO_KEYS, place)
    QTest.qWait(5)


def drag_at(
    pane: Pane,
    start: Sequence[float],
    end: Sequence[float],
    keys: Qt.KeyboardModifier = NO_KEYS,
    steps: int = 8,
) -> None:
    """Press at one point of the plane, move, and release at another."""
    a, b = place_of(pane, start), place_of(pane, end)
    drag_pixels(pane, a, b, keys, steps)


def drag_pixels(
    pane: Pane, a: QPoint, b: QPoint, keys: Qt.KeyboardModifier = NO_KEYS, steps: int = 8
) -> None:
    """Drag between two canvas pixels."""
    native = pane.host.native
    QTest.mouseMove(native, a)
    QTest.mousePress(native, LEFT, keys, a)
    for step in range(1, steps + 1):
        place = a + (b - a) * (step / steps)
        _move_pressed(native, place, keys)
        QTest.qWait(2)
    QTest.mouseRelease(native, LEFT, keys, b)
    QTest.qWait(5)


def _move_pressed(native: object, place: QPoint, keys: Qt.KeyboardModifier) -> None:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    where = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        native.mapToGlobal(where),  # type: ignore[attr-defined]
        Qt.MouseButton.NoButton,
        LEFT,
        keys,
    )
    QApplication.sendEvent(native, event)  # type: ignore[arg-type]


def scroll_at(
    pane: Pane, yx: Sequence[float], notches: int, keys: Qt.KeyboardModifier = NO_KEYS
) -> None:
    """Turn the wheel over a point of the plane."""
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    native = pane.host.native
    where = QPointF(place_of(pane, yx))
    for _ in range(abs(notches)):
        event = QWheelEvent(
            where,
            native.mapToGlobal(where),
            QPoint(),
            QPoint(0, 120 if notches > 0 else -120),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(native, event)
        QTest.qWait(2)


def activate(window: QWidget) -> None:
    """Make a window the active one: without that no shortcut works."""

    def is_active() -> bool:
        if not window.isActiveWindow():
            window.raise_()
            window.activateWindow()
        return window.isActiveWindow()

    wait_until(is_active, "the window is active")


def press_key(window: MainWindow, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """Press a key where the focus is."""
    activate(window)
    target = QApplication.focusWidget() or window
    QTest.keyClick(target, key, keys)
    QTest.qWait(5)


def focus_canvas(pane: Pane) -> None:
    """Give the keyboard to a canvas, as a click on it does."""
    activate(pane.window())
    pane.host.native.setFocus()
    wait_until(pane.host.native.hasFocus, "the canvas has the focus")


def told(window: MainWindow) -> list[str]:
    """Return the sentences of all message boxes now open, and close these."""
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    words = [box.text() for box in boxes]
    for box in boxes:
        box.close()
    return words


def shot(window: MainWindow, name: str, folder: Path) -> Path:
    """Save a picture of the window; below $TIEPOINT_SCREENSHOTS where that is set."""
    wanted = Path(os.environ.get("TIEPOINT_SCREENSHOTS", folder))
    wanted.mkdir(parents=True, exist_ok=True)
    QTest.qWait(60)
    path = wanted / f"{name}.png"
    screen = window.screen().grabWindow(0, window.x(), window.y(), window.width(), window.height())
    assert screen.save(str(path))
    return path

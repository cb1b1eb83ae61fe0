"""A canvas is drawn for its scene's sake only; its picture stays under whatever lies above."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.window


@pytest.fixture
def seen(qtbot: Any) -> Any:
    """Return a canvas with a bright picture, marks over it, and the list of its drawings."""
    from tiepoint.viewer.host import CanvasHost
    from tiepoint.viewer.marks import Marks

    host = CanvasHost()
    host.resize(200, 100)
    marks = Marks(host)
    host.show()
    qtbot.waitExposed(host)
    layer = host.model.add_image(np.full((20, 40), 1.0), contrast_limits=(0, 1))
    host.look_at(np.zeros(2), np.array([20.0, 40.0]))
    drawings: list[int] = []
    host.qt_viewer.canvas.view.canvas.events.draw.connect(lambda _event: drawings.append(1))
    qtbot.waitUntil(lambda: bool(drawings))
    qtbot.wait(1)
    host.native.repaint()
    drawings.clear()
    yield host, marks, layer, drawings
    host.close_canvas()
    host.close()


def middle(host: Any) -> tuple[int, ...]:
    """Return the colour that the screen shows in the middle of a canvas."""
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QGuiApplication

    place = host.native.mapToGlobal(QPoint(host.native.width() // 2, host.native.height() // 2))
    screen = QGuiApplication.primaryScreen().grabWindow(0, place.x(), place.y(), 1, 1)
    return screen.toImage().pixelColor(0, 0).getRgb()[:3]


def test_marks_are_painted_over_the_picture_that_is_there(seen: Any, qtbot: Any) -> None:
    host, marks, _, drawings = seen
    for number in range(3):
        marks._repaint_all()
        qtbot.waitUntil(lambda: marks._painted is not None)
        assert not drawings, number
    qtbot.waitUntil(lambda: min(middle(host)) > 200)


def test_a_changed_scene_is_drawn(seen: Any, qtbot: Any) -> None:
    host, _, layer, drawings = seen
    layer.data = np.zeros((20, 40))
    qtbot.waitUntil(lambda: bool(drawings))
    qtbot.waitUntil(lambda: max(middle(host)) < 50)


def test_a_new_size_is_drawn(seen: Any, qtbot: Any) -> None:
    host, _, _, drawings = seen
    host.resize(240, 120)
    qtbot.waitUntil(lambda: bool(drawings))


def test_a_press_finds_the_camera_without_drawing(seen: Any, qtbot: Any) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    host, _, _, drawings = seen
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    clicked: list[Any] = []
    host.clicked.connect(clicked.append)
    QTest.mouseClick(host.native, left, none, QPoint(100, 50))
    qtbot.waitUntil(lambda: bool(clicked))
    assert not drawings
    before = host.visible_rectangle()[0]
    QTest.mousePress(host.native, left, none, QPoint(100, 50))
    for step in range(1, 4):
        QTest.mouseMove(host.native, QPoint(100 + 10 * step, 50))
        qtbot.wait(1)
    QTest.mouseRelease(host.native, left, none, QPoint(130, 50))
    assert host.visible_rectangle()[0][1] < before[1]

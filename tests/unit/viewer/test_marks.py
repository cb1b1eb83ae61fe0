"""The glass over the canvas: asked once for each painting, painted anew only when needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.window


@pytest.fixture
def glass(qapp: Any) -> Any:
    from PySide6.QtCore import QObject, Signal
    from PySide6.QtWidgets import QWidget

    from tiepoint.viewer.marks import Marks

    class Host(QObject):
        """A canvas without napari: 10 pixels per unit, lowest corner at the origin."""

        view_changed = Signal()
        resized = Signal()
        zoom = 10.0

        def __init__(self) -> None:
            super().__init__()
            self.native = QWidget()
            self.native.resize(200, 100)

        def visible_rectangle(self) -> tuple[np.ndarray, np.ndarray]:
            return np.zeros(2), np.array([10.0, 20.0])

    host = Host()
    marks = Marks(host)  # type: ignore[arg-type]
    marks.host_kept = host  # type: ignore[attr-defined]
    yield marks
    host.native.deleteLater()


def picture(marks: Any) -> np.ndarray:
    """Return (rows, cols, 4) what is painted, on nothing."""
    from PySide6.QtGui import QImage

    image = marks._picture().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    values = np.frombuffer(image.constBits(), np.uint8)
    return values.reshape(image.height(), image.width(), 4).copy()


def test_many_wishes_are_one_question(glass: Any) -> None:
    from tiepoint.viewer.marks import PointMark

    asked = []

    def source() -> Any:
        asked.append(1)
        return [PointMark("a", np.array([5.0, 5.0]), "#ff0000")], []

    glass.source = source
    for _ in range(5):
        glass.renew()
    assert not asked
    assert [mark.key for mark in glass.points] == ["a"]
    assert glass.near(np.array([5.0, 5.1]), 1.0).key == "a"
    glass.grab()
    assert len(asked) == 1
    glass.renew()
    assert len(glass.points) == 1
    assert len(asked) == 2


def test_the_picture_is_kept_until_something_changes(glass: Any) -> None:
    glass.show_points([])
    glass.grab()
    kept = glass._painted
    glass.grab()
    assert glass._painted is kept
    glass._host.view_changed.emit()
    glass.grab()
    assert glass._painted is not kept


def test_marks_are_painted_where_they_are(glass: Any) -> None:
    from tiepoint.viewer.marks import OutlineMark, PointMark

    glass.show_points(
        [
            PointMark("cross", np.array([3.0, 4.0]), "#ff0000"),
            PointMark("ring", np.array([3.0, 14.0]), "#00ff00", hollow=True),
        ]
    )
    square = np.array([[7.0, 8.0], [7.0, 12.0], [9.0, 12.0], [9.0, 8.0]])
    glass.show_outlines([OutlineMark("box", square, True, "#0000ff", 2.0)])
    seen = picture(glass)
    assert tuple(seen[30, 40][:3]) == (255, 0, 0), "the middle of the cross"
    assert tuple(seen[30, 44][:3]) == (255, 0, 0), "its arm"
    assert seen[30, 140][3] == 0, "nothing in the middle of a ring"
    assert seen[30, 146][1] > 200, "the ring itself"
    assert seen[70, 100][2] > 200, "the upper side of the box"
    assert seen[80, 100][3] == 0, "nothing inside the box"


def test_labels_lie_beside_their_marks_and_are_made_once(glass: Any) -> None:
    from tiepoint.viewer.marks import PointMark

    marks = [PointMark(str(n), np.array([2.0 + n, 3.0]), "#ff0000", "L") for n in range(6)]
    glass.show_points(marks)
    seen = picture(glass)
    assert seen[:, 40:60, 3].max() == 255, "text to the right of the crosses"
    assert seen[:, :18, 3].max() == 0
    assert len(glass._labels._made) == 1


def test_too_many_labels_would_cover_each_other(glass: Any) -> None:
    from tiepoint.viewer.marks import PointMark

    rng = np.random.default_rng(0)
    places = rng.uniform(1, 9, (200, 2))
    marks = [PointMark(str(n), yx, "#ff0000", f"L{n}") for n, yx in enumerate(places)]
    open_one = PointMark("open", np.array([5.0, 5.0]), "#ff0000", "L201", hollow=True)
    glass.show_points([*marks, open_one])
    picture(glass)
    assert [text for text, *_ in glass._labels._made] == ["L201"]


def test_what_is_off_the_sheet_is_left_out(glass: Any) -> None:
    from tiepoint.viewer.marks import OutlineMark, PointMark

    glass.show_points([PointMark("far", np.array([900.0, 900.0]), "#ff0000", "far")])
    far = np.array([[500.0, 500.0], [600.0, 600.0]])
    glass.show_outlines([OutlineMark("far", far, False, "#00ff00", arrow=True)])
    assert picture(glass).max() == 0


def test_a_name_that_would_cover_another_is_left_out(glass: Any) -> None:
    from tiepoint.viewer.marks import PointMark

    def names(*marks: PointMark) -> set[str]:
        glass._labels._made.clear()
        glass.show_points(list(marks))
        picture(glass)
        return {text for text, *_ in glass._labels._made}

    first = PointMark("a", np.array([5.0, 2.0]), "#ff0000", "first")
    close = PointMark("b", np.array([5.2, 2.5]), "#ff0000", "close")
    apart = PointMark("c", np.array([5.0, 12.0]), "#ff0000", "apart")
    asked = PointMark("d", np.array([5.1, 2.4]), "#ffb000", "asked", hollow=True)
    assert names(first, close, apart) == {"first", "apart"}
    assert names(first, close, apart, asked) == {"asked", "apart"}

"""One napari canvas inside our own window; the only file that touches napari's shell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tiepoint.viewer.canvas_drawing import CanvasDrawing
from tiepoint.viewer.start import prepare_environment

prepare_environment()

import vispy  # noqa: E402
from napari.components import ViewerModel  # noqa: E402  reads the environment at import
from napari.qt import QtViewer  # noqa: E402
from napari.utils.action_manager import action_manager  # noqa: E402
from vispy.util.dpi import get_dpi  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.support.arrays import FloatArray

CLICK_SLACK_PX = 4.0


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is and what is held down.

    Attributes
    ----------
    yx
        (2,) position on the canvas in its own coordinates.
    modifiers
        Any of ``"Shift"``, ``"Control"``, ``"Alt"``.
    button
        1 left, 2 right, 3 middle.
    """

    yx: FloatArray
    modifiers: frozenset[str]
    button: int = 1


class CanvasHost(QWidget):
    """A napari canvas that reports gestures and leaves their meaning to others.

    Signals carry a `Pointer`; ``dragged`` follows ``pressed`` until ``released``; ``clicked`` is
    a press and release in one place.
    """

    moved = Signal(object)
    pressed = Signal(object)
    dragged = Signal(object)
    released = Signal(object)
    clicked = Signal(object)
    double_clicked = Signal(object)
    scrolled = Signal(object, float)
    key_pressed = Signal(int)
    view_changed = Signal()
    moved_by_hand = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ViewerModel()
        self.model.theme = "dark"
        self.qt_viewer = _viewer_of(self.model)
        self.qt_viewer.dims.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.qt_viewer)
        self.native: QWidget = self.qt_viewer.canvas.native
        self.drawing = CanvasDrawing(self.qt_viewer)
        self.native.installEventFilter(self)
        self.native.setAccessibleName("Canvas")
        self.qt_viewer.setAcceptDrops(False)
        self._wheel_zooms = True
        self._connect()

    def _connect(self) -> None:
        self.model.mouse_move_callbacks.append(self._on_move)
        self.model.mouse_drag_callbacks.append(self._on_drag)
        self.model.mouse_double_click_callbacks.append(self._on_double_click)
        self.model.mouse_wheel_callbacks.append(self._on_wheel)
        camera = self.model.scene.camera
        camera.events.center.connect(self._on_view_changed)
        camera.events.zoom.connect(self._on_view_changed)
        camera.events.mouse_zoom.connect(self._keep_wheel)

    def set_background(self, colour: str) -> None:
        """Paint the empty canvas in `colour` (``#rrggbb``)."""
        self.model.canvas.background_color_override = colour

    def set_panning(self, on: bool) -> None:
        """Let a drag move the view, or leave drags to the gestures."""
        self.model.scene.camera.mouse_pan = on

    def set_wheel_zooms(self, on: bool) -> None:
        """Let the wheel zoom, or report it through ``scrolled`` (Control still zooms)."""
        self._wheel_zooms = on
        self.model.scene.camera.mouse_zoom = on

    def _keep_wheel(self, _event: Any = None) -> None:
        """Undo what napari does with every new active layer: let the wheel zoom again."""
        if self.model.scene.camera.mouse_zoom != self._wheel_zooms:
            self.model.scene.camera.mouse_zoom = self._wheel_zooms

    @property
    def canvas_size(self) -> tuple[int, int]:
        """(height, width) of the canvas in device-independent pixels."""
        size: QSize = self.native.size()
        return max(size.height(), 1), max(size.width(), 1)

    @property
    def zoom(self) -> float:
        """Canvas pixels per unit of the view."""
        return float(self.model.scene.camera.zoom)

    def visible_rectangle(self) -> tuple[FloatArray, FloatArray]:
        """Return the (2,) lowest and highest (y, x) now on the canvas."""
        centre = np.asarray(self.model.scene.camera.center[-2:], float)
        half = np.asarray(self.canvas_size, float) / (2 * self.zoom)
        return centre - half, centre + half

    def look_at(self, low_yx: FloatArray, high_yx: FloatArray, margin: float = 0.06) -> None:
        """Show the rectangle between two corners, filling the canvas."""
        size = np.maximum(np.asarray(high_yx) - np.asarray(low_yx), 1e-30) * (1 + 2 * margin)
        camera = self.model.scene.camera
        centre = (np.asarray(low_yx) + np.asarray(high_yx)) / 2
        camera.center = (0.0, float(centre[0]), float(centre[1]))
        camera.zoom = float(np.min(np.asarray(self.canvas_size) / size))

    def centre_on(self, yx: FloatArray) -> None:
        """Move the view so that `yx` is in its middle."""
        self.model.scene.camera.center = (0.0, float(yx[0]), float(yx[1]))

    def set_zoom(self, pixels_per_unit: float) -> None:
        """Set the magnification about the middle of the canvas."""
        self.model.scene.camera.zoom = pixels_per_unit

    def to_screen(self, yx: FloatArray) -> FloatArray:
        """Return (2,) canvas pixels (x right, y down) of a position."""
        low, _ = self.visible_rectangle()
        offset = (np.asarray(yx, float) - low) * self.zoom
        return np.array([offset[1], offset[0]])

    def close_canvas(self) -> None:
        """Release napari's resources."""
        self.native.removeEventFilter(self)
        if len(self.model.layers):  # even clearing none takes napari a search for garbage
            self.model.layers.clear()
        self.qt_viewer.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep keys from napari, whose key map collides with ours; watch the size."""
        if self.drawing.spares(event):
            return True
        if event.type() == QEvent.Type.KeyPress:
            self.key_pressed.emit(event.key())  # type: ignore[attr-defined]
            return True
        if event.type() == QEvent.Type.KeyRelease:
            return True
        if event.type() == QEvent.Type.Resize:
            self.resized.emit()
        return super().eventFilter(watched, event)

    def _on_view_changed(self, _event: Any = None) -> None:
        self.view_changed.emit()

    def _on_move(self, _model: Any, event: Any) -> None:
        self.moved.emit(_pointer(event))

    def _on_double_click(self, _model: Any, event: Any) -> None:
        self.double_clicked.emit(_pointer(event))

    def _on_wheel(self, _model: Any, event: Any) -> None:
        if "Control" in event.modifiers:
            self._zoom_about(event)
            event.handled = True
            self.moved_by_hand.emit()
        elif self._wheel_zooms:
            self.moved_by_hand.emit()
        else:
            self.scrolled.emit(_pointer(event), float(event.delta[1]))
            event.handled = True

    def _zoom_about(self, event: Any) -> None:
        camera = self.model.scene.camera
        factor = 1.1 ** float(event.delta[1])
        centre = np.asarray(camera.center[-2:], float)
        place = np.asarray(event.position[-2:], float)
        centre = place + (centre - place) / factor
        camera.zoom = camera.zoom * factor
        camera.center = (0.0, float(centre[0]), float(centre[1]))

    def _on_drag(self, _model: Any, event: Any) -> Iterator[None]:
        start = _pointer(event)
        self.pressed.emit(start)
        yield
        far = False
        while event.type == "mouse_move":
            now = _pointer(event)
            far = far or bool(np.abs(now.yx - start.yx).max() * self.zoom > CLICK_SLACK_PX)
            if far:
                self.dragged.emit(now)
                if self.model.scene.camera.mouse_pan:
                    self.moved_by_hand.emit()
            yield
        end = _pointer(event)
        self.released.emit(end)
        if not far:
            self.clicked.emit(start)


def _viewer_of(model: ViewerModel) -> QtViewer:
    """Return napari's view of a model.

    Every viewer binds all shortcuts anew, and the welcome pages of all viewers, never shown here,
    would write their tips anew after each: half the time that it takes. And vispy asks a program
    of the system how fine the screen is, for each canvas.
    """
    if vispy.config["dpi"] is None:
        vispy.config["dpi"] = round(get_dpi(raise_error=False))
    with action_manager.events.shortcut_changed.blocker():
        return QtViewer(model, show_welcome_screen=False)


def _pointer(event: Any) -> Pointer:
    modifiers = frozenset(str(key.name) for key in event.modifiers)
    button = int(event.button or 1)
    return Pointer(np.asarray(event.position[-2:], float), modifiers, button)


KEY_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

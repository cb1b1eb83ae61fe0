"""Sparing a canvas what changes nothing: drawing for the marks' sake, drawing to find a target.

Drawing takes 10 to 20 ms where no graphics card helps, and a click used to ask for four of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent

if TYPE_CHECKING:
    from napari.qt import QtViewer

_LEAVES_THE_SCENE = frozenset(
    {
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.KeyRelease,
        QEvent.Type.ShortcutOverride,
        QEvent.Type.Enter,
        QEvent.Type.Leave,
        QEvent.Type.HoverEnter,
        QEvent.Type.HoverMove,
        QEvent.Type.HoverLeave,
        QEvent.Type.FocusIn,
        QEvent.Type.FocusOut,
        QEvent.Type.FocusAboutToChange,
        QEvent.Type.CursorChange,
        QEvent.Type.InputMethodQuery,
        QEvent.Type.ToolTip,
        QEvent.Type.Timer,
    }
)
"""What happens to a canvas without touching its picture; all else (size, window, …) may."""


class CanvasDrawing:
    """Knows whether the picture that a canvas holds is still that of its scene.

    Qt asks a canvas to paint whenever a widget above it does, but keeps its picture all the
    same; so only a change of the scene, or of the canvas itself, needs a new one.
    """

    def __init__(self, viewer: QtViewer) -> None:
        self._stale = True
        self._native = viewer.canvas.native
        self._ask = self._native.update
        self._view = viewer.canvas.view
        self._native.update = self._on_update
        self._view.canvas.visual_at = self._visual_at

    def spares(self, event: QEvent) -> bool:
        """Take note of an event of the canvas; return whether it is a painting to leave out."""
        kind = event.type()
        if kind == QEvent.Type.Paint:
            stale, self._stale = self._stale, False
            return not stale
        if kind not in _LEAVES_THE_SCENE:
            self._stale = True
        return False

    def _on_update(self, *where: Any) -> None:
        self._stale = True
        self._ask(*where)

    def _visual_at(self, _place: Any) -> Any:
        """Return who takes a press, as vispy would find by drawing all visuals in false colours."""
        return self._view if self._view.interactive else None

"""Marks over the pictures: landmarks, predicted partners, regions, error ellipses, arrows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel

    from tiepoint.support.arrays import FloatArray

MARK_SIZE_PX = (15.0, 17.0)


@dataclass(frozen=True)
class PointMark:
    """A cross at a place.

    Attributes
    ----------
    key
        What it stands for.
    yx
        (2,) canvas coordinates.
    colour
        ``#rrggbb``.
    label
        Text beside it.
    hollow
        Predicted or inactive: drawn as a ring.
    """

    key: str
    yx: FloatArray
    colour: str
    label: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class OutlineMark:
    """A line or outline.

    Attributes
    ----------
    key
        What it stands for.
    vertices
        (N, 2) canvas coordinates.
    closed
        Whether the last vertex joins the first.
    colour
        ``#rrggbb``.
    width_px
        Line width on the screen.
    """

    key: str
    vertices: FloatArray
    closed: bool
    colour: str
    width_px: float = 1.6


class Marks:
    """Two point layers and one shapes layer, always above the pictures."""

    def __init__(self, model: ViewerModel) -> None:
        self._model = model
        self._points: tuple[PointMark, ...] = ()
        self._outlines: tuple[OutlineMark, ...] = ()

    @property
    def points(self) -> tuple[PointMark, ...]:
        """The point marks now shown."""
        return self._points

    @property
    def outlines(self) -> tuple[OutlineMark, ...]:
        """The outlines now shown."""
        return self._outlines

    def show_points(self, marks: Sequence[PointMark]) -> None:
        """Replace all point marks."""
        self._points = tuple(marks)
        self._show_point_layer("landmarks", [m for m in marks if not m.hollow], "cross")
        self._show_point_layer("predicted", [m for m in marks if m.hollow], "ring")

    def show_outlines(self, marks: Sequence[OutlineMark], zoom: float) -> None:
        """Replace all outlines; `zoom` (pixels per unit) makes line widths constant on screen."""
        self._outlines = tuple(marks)
        layer = self._layer("outlines")
        if layer is not None:
            layer.data = []
        if not marks:
            return
        if layer is None:
            layer = self._model.add_shapes(ndim=2, name="outlines", opacity=1.0)
            layer.mode = "pan_zoom"
        layer.add(
            [np.asarray(m.vertices, float) for m in marks],
            shape_type=["polygon" if m.closed else "path" for m in marks],
            edge_color=[m.colour for m in marks],
            face_color="transparent",
            edge_width=[m.width_px / zoom for m in marks],
        )

    def near(self, yx: FloatArray, reach: float) -> PointMark | None:
        """Return the point mark nearest to a place, if within `reach` canvas units."""
        if not self._points:
            return None
        distances = [float(np.linalg.norm(mark.yx - yx)) for mark in self._points]
        best = int(np.argmin(distances))
        return self._points[best] if distances[best] <= reach else None

    def _layer(self, name: str) -> Any | None:
        return self._model.layers[name] if name in self._model.layers else None

    def _show_point_layer(self, name: str, marks: list[PointMark], symbol: str) -> None:
        layer = self._layer(name)
        if not marks:
            if layer is not None:
                layer.visible = False
            return
        data = np.array([m.yx for m in marks], float)
        if layer is None:
            layer = self._model.add_points(
                data,
                name=name,
                symbol=symbol,
                size=1.0,
                canvas_size_limits=MARK_SIZE_PX,
                border_width=0.06 if symbol == "cross" else 0.12,
                blending="translucent_no_depth",
            )
        colours = [m.colour for m in marks]
        layer.data = data
        layer.visible = True
        layer.features = {"label": [m.label for m in marks]}
        layer.face_color = colours
        layer.border_color = "#101216" if symbol == "cross" else colours
        layer.text = {
            "string": "{label}",
            "color": "#ffffff",
            "size": 10,
            "anchor": "upper_left",
            "translation": np.zeros(2),
        }

"""The 3D view: a canvas of its own, so that the flat one keeps its place."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tiepoint.viewer.colormaps import napari_colormap
from tiepoint.viewer.host import CanvasHost
from tiepoint.viewer.one_go import in_one_go, leave_sliders_alone
from tiepoint.viewer.overlays import ScaleBar
from tiepoint.viewer.space_pace import STEPS, SpacePace

if TYPE_CHECKING:
    from napari.layers import Layer
    from PySide6.QtGui import QResizeEvent

    from tiepoint.geometry.planes import Plane
    from tiepoint.geometry.transforms import Affine
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.in_space import Body, Ellipsoid
    from tiepoint.support.arrays import AnyArray, FloatArray

RENDERINGS = ("attenuated_mip", "mip", "translucent")
ORDER = ("volume", "section", "body", "regions", "marks", "errors")
START_ANGLES = (-25.0, 35.0, 110.0)
FILLED = 0.62
"""Part of the canvas that a cube fills whichever way it is turned."""

OUTLINE_PART = 0.003
"""Width of outlines as a part of what is shown."""


class SpaceView(QWidget):
    """Shows bodies, outlines, places and error ellipsoids of a view frame in space.

    Positions are given in the frame's (z, y, x); the canvas works relative to `base`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.host = CanvasHost(self)
        self.host.native.setAccessibleName("Canvas in space")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.host)
        self.base = np.zeros(3)
        self.rendering = RENDERINGS[0]
        self._layers: dict[str, Layer] = {}
        self._volumes: dict[str, Affine] = {}
        self._marks: dict[str, tuple[object, ...]] = {}
        self._clip: tuple[Plane, bool] | None = None
        self._size, self._is_framed = 1.0, False
        self._unit: str | None = None
        self.scale_bar = ScaleBar(self.host.native)
        self.host.view_changed.connect(self._place_bar)
        self.host.model.dims.ndisplay = 3
        self.pace = SpacePace(self.host.native, self._use_step)
        events = self.host.model.scene.camera.events
        for name in ("angles", "zoom", "center"):
            getattr(events, name).connect(self.pace.on_turned)

    def begin(self, centre_zyx: FloatArray, size: float, unit: str | None) -> None:
        """Start anew round a centre; `size` is the longest side of all to come, in `unit`."""
        self.clear()
        self._unit = unit
        self.base = np.asarray(centre_zyx, float)
        self._size, self._is_framed = max(size, 1e-30), False
        self.pace.begin()

    def look_at_all(self) -> None:
        """Show everything from the first side."""
        camera = self.host.model.scene.camera
        camera.center = (0.0, 0.0, 0.0)
        camera.angles = START_ANGLES
        camera.zoom = FILLED * min(self.host.canvas_size) / self._size
        self._is_framed = True

    def clear(self) -> None:
        """Take everything away."""
        self._layers.clear()
        self._volumes.clear()
        self._marks.clear()
        if len(self.host.model.layers):
            self.host.model.layers.clear()

    def remove(self, key: str) -> None:
        """Take one thing away."""
        self._volumes.pop(key, None)
        self._marks.pop(key, None)
        self._take_away(key)

    def _take_away(self, key: str) -> None:
        layer = self._layers.pop(key, None)
        if layer is not None and layer in self.host.model.layers:
            self.host.model.layers.remove(layer)

    def keep(self, keys: set[str]) -> None:
        """Take away what is not among `keys`."""
        for key in set(self._layers) - keys:
            self.remove(key)

    # -- contents ------------------------------------------------------------------------

    def show_body(
        self, key: str, dataset: Dataset, body: Body, limits: tuple[float, float] | None
    ) -> None:
        """Show a volume, an image or a section in its place."""
        deep = body.values.shape[0] > 1
        values = _without_gaps(body.values, limits) if deep else body.values
        if deep:
            self._volumes[key] = body.index_to_frame
        looks = self._looks(dataset, body, limits)
        layer = self._layers.get(key)
        if layer is not None and _is_like(layer, values):
            with in_one_go(layer):
                layer.data, layer.affine = values, self._affine(body.index_to_frame)
                for name, value in looks.items():
                    setattr(layer, name, value)
        else:
            self._put(key, self._image(key, dataset, values, body, looks))
        if deep:
            self._clip_volume(key)

    def _image(
        self, key: str, dataset: Dataset, values: AnyArray, body: Body, looks: dict[str, Any]
    ) -> Layer:
        from napari.layers import Image

        with warnings.catch_warnings():
            # A new layer is sliced flat before it knows that it is shown in space.
            warnings.filterwarnings("ignore", "Non-orthogonal slicing")
            return Image(
                values,
                name=f"{dataset.name} {key.partition(' ')[0]}",
                affine=self._affine(body.index_to_frame),
                rgb=values.ndim == 4,
                interpolation3d="linear" if values.shape[0] > 1 else "nearest",
                **looks,
            )

    def _looks(
        self, dataset: Dataset, body: Body, limits: tuple[float, float] | None
    ) -> dict[str, Any]:
        """Return how an image layer is to look, by the names of its properties."""
        looks: dict[str, Any] = {"opacity": dataset.display.opacity}
        if body.values.ndim != 4:
            looks["contrast_limits"] = limits or (0.0, 1.0)
            looks["colormap"] = napari_colormap(dataset.display.colormap)
            looks["gamma"] = dataset.display.gamma
        deep = body.values.shape[0] > 1
        added = deep or dataset.display.blending == "additive"
        looks["blending"] = "additive" if added else "translucent_no_depth"
        looks["rendering"] = self.rendering if deep else "translucent"
        return looks

    def show_places(self, key: str, places_zyx: FloatArray, colours: list[str]) -> None:
        """Show points (N, 3) of constant size on screen."""
        if not self._is_news(key, len(places_zyx), np.asarray(places_zyx).tobytes(), *colours):
            return
        from napari.layers import Points

        self._put(
            key,
            Points(
                np.asarray(places_zyx, float) - self.base, name=key, size=1, face_color=colours,
                border_width=0, canvas_size_limits=(9, 11), blending="translucent_no_depth",
            ),
        )  # fmt: skip

    def show_outlines(self, key: str, outlines: list[FloatArray], colours: list[str]) -> None:
        """Show closed outlines, each (N, 3)."""
        lines = [np.asarray(line).tobytes() for line in outlines]
        if not self._is_news(key, len(outlines), *lines, *colours):
            return
        from napari.layers import Shapes

        closed = [np.vstack([line, line[:1]]) - self.base for line in outlines]
        self._put(
            key,
            Shapes(
                closed, shape_type="path", name=key, edge_color=colours,
                edge_width=[self._width_of(line) for line in closed],
                blending="translucent_no_depth",
            ),
        )  # fmt: skip

    def show_ellipsoids(self, key: str, ellipsoids: list[Ellipsoid]) -> None:
        """Show 95 % ellipsoids as translucent surfaces."""
        parts = [(e.centre.tobytes(), e.axes.tobytes(), e.colour) for e in ellipsoids]
        if not self._is_news(key, len(ellipsoids), *parts):
            return
        from napari.layers import Surface

        vertices, faces, colours = ellipsoid_mesh(ellipsoids)
        self._put(
            key,
            Surface(
                (vertices - self.base, faces), vertex_colors=colours, name=key, opacity=0.45,
                blending="translucent_no_depth", shading="none",
            ),
        )  # fmt: skip

    # -- looks ---------------------------------------------------------------------------

    def set_rendering(self, name: str) -> None:
        """Choose how volumes are rendered: one of `RENDERINGS`."""
        self.rendering = name
        for key in self._volumes:
            self._layers[key].rendering = name

    def clip(self, plane: Plane | None, *, behind: bool = False) -> None:
        """Cut volumes at a plane of the frame; what lies on its normal's side goes.

        Parameters
        ----------
        plane
            ``None``: show them whole.
        behind
            Take away the other side.
        """
        self._clip = None if plane is None else (plane, behind)
        for key in self._volumes:
            self._clip_volume(key)

    def _clip_volume(self, key: str) -> None:
        from napari.layers.utils.plane import ClippingPlane

        layer: Any = self._layers[key]
        layer.experimental_clipping_planes.clear()
        if self._clip is None:
            return
        plane, behind = self._clip
        to_frame = self._volumes[key]
        position = to_frame.inverse()(plane.origin_zyx[None])[0]
        normal = to_frame.linear.T @ plane.normal_zyx * (1.0 if behind else -1.0)
        layer.experimental_clipping_planes.append(
            ClippingPlane(
                position=tuple(position),
                normal=tuple(normal / np.linalg.norm(normal)),
                enabled=True,
            )
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the scale bar in its corner."""
        super().resizeEvent(event)
        self._place_bar()

    def _place_bar(self) -> None:
        """Fit the bar to the zoom: lengths across the view, which has no perspective."""
        native, bar = self.host.native, self.scale_bar
        bar.show_scale(self.host.zoom, self._unit)
        bar.move(native.width() - bar.width() - 14, native.height() - bar.height() - 14)
        bar.show()

    def picture(self) -> AnyArray:
        """Return what is shown with its scale bar, (rows, cols, 4) uint8."""
        shown = np.ascontiguousarray(self._at_its_finest())
        rows, columns = shown.shape[:2]
        image = QImage(shown.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        painter = QPainter(image)
        share = columns / max(self.host.native.width(), 1)
        painter.scale(share, share)
        painter.drawPixmap(self.scale_bar.pos(), self.scale_bar.grab())
        painter.end()
        return shown

    def _at_its_finest(self) -> AnyArray:
        """Draw once with the finest step, however long it takes."""
        self._use_step(STEPS[0])
        try:
            return np.asarray(self.host.qt_viewer.screenshot(flash=False))
        finally:
            self._use_step(self.pace.step)

    def close_view(self) -> None:
        """Release the canvas."""
        self.clear()
        self.host.close_canvas()

    def _put(self, key: str, layer: Layer) -> None:
        """Show a layer: volumes first, then sections, images, outlines, places and errors."""
        self._take_away(key)
        below = [other for other in self._layers if self._rank(other) <= self._rank(key)]
        self._layers[key] = layer
        model = self.host.model
        model.layers.insert(len(below), layer)
        leave_sliders_alone(model, layer)
        node = self.host.qt_viewer.canvas.layer_to_visual[layer].node
        if hasattr(node, "text"):
            node.text.visible = False  # drawn without a letter, it takes as long as with many
        if key in self._volumes:
            node.relative_step_size = self.pace.step
        if not self._is_framed:
            self.look_at_all()

    def _is_news(self, key: str, count: int, *what: object) -> bool:
        """Whether marks are to be made anew; none at all are taken away here."""
        if not count:
            self.remove(key)
            return False
        same = self._marks.get(key) == what
        self._marks[key] = what
        return not same

    def _rank(self, key: str) -> int:
        return ORDER.index("volume" if key in self._volumes else key.partition(" ")[0])

    def _use_step(self, step: float) -> None:
        for key in self._volumes:
            visual = self.host.qt_viewer.canvas.layer_to_visual[self._layers[key]]
            visual.node.relative_step_size = step
            visual.node.update()

    def _width_of(self, line: FloatArray) -> float:
        return min(self._size, 10 * float(np.ptp(line, axis=0).max())) * OUTLINE_PART

    def _affine(self, to_frame: Affine) -> AnyArray:
        matrix = np.eye(4)
        matrix[:3, :3] = to_frame.linear
        matrix[:3, 3] = to_frame.offset - self.base
        return matrix


def ellipsoid_mesh(ellipsoids: list[Ellipsoid], steps: int = 16) -> tuple[AnyArray, ...]:
    """Return vertices (N, 3), triangles (M, 3) and colours (N, 4) of ellipsoids."""
    from matplotlib.colors import to_rgba

    polar = np.linspace(0, np.pi, steps)
    round_ = np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False)
    theta, phi = (grid.ravel() for grid in np.meshgrid(polar, round_, indexing="ij"))
    ball = np.column_stack(
        [np.cos(theta), np.sin(theta) * np.sin(phi), np.sin(theta) * np.cos(phi)]
    )
    columns = len(round_)
    row, column = (
        grid.ravel() for grid in np.meshgrid(range(steps - 1), range(columns), indexing="ij")
    )
    here, right = row * columns + column, row * columns + (column + 1) % columns
    below, across = here + columns, right + columns
    faces = np.vstack(
        [np.column_stack([here, below, right]), np.column_stack([right, below, across])]
    )
    vertices = [e.centre + ball @ e.axes for e in ellipsoids]
    colours = [np.tile(to_rgba(e.colour), (len(ball), 1)) for e in ellipsoids]
    return (
        np.vstack(vertices),
        np.vstack([faces + k * len(ball) for k in range(len(ellipsoids))]),
        np.vstack(colours),
    )


def _is_like(layer: Any, values: AnyArray) -> bool:
    """Whether an image layer can show values without being made anew."""
    deep = values.shape[0] > 1
    return (bool(layer.rgb), layer.data.shape[0] > 1) == (values.ndim == 4, deep)


def _without_gaps(values: AnyArray, limits: tuple[float, float] | None) -> AnyArray:
    """Volume values without NaN, which renderers cannot pass over: the lowest shown instead."""
    if values.dtype.kind != "f":
        return values
    return np.nan_to_num(values, nan=limits[0] if limits else 0.0)

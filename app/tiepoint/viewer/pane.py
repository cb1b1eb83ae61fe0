"""One canvas: the datasets of a session, drawn in the plane of a view frame."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tiepoint.data.sampling import bounds
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.host import CanvasHost, Pointer
from tiepoint.viewer.layers import SectionLayers
from tiepoint.viewer.marks import Marks
from tiepoint.viewer.pane_cards import PaneCards
from tiepoint.viewer.sampler import Drawn, SectionSampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QResizeEvent

    from tiepoint.data.sampling import Section
    from tiepoint.geometry.resample import Order, SlabSpec
    from tiepoint.model.dataset import Dataset
    from tiepoint.session import Session
    from tiepoint.support.arrays import FloatArray
    from tiepoint.support.tasks import TaskControl

REDRAW_AFTER_MS = 25
COARSE = 4
SLOW_S = 0.15
"""A dataset that took longer the last time is drawn coarsely first."""

FAR_PX = 10_000.0
"""Canvas pixels from the canvas' origin beyond which single precision would show."""

OVERSCAN = 0.15


class Pane(QWidget):
    """Shows datasets in one plane; positions in and out are plane coordinates (y, x).

    Plane coordinates are in the unit of the view frame. The canvas works relative to `base`, a
    point near the view, so that single precision on the graphics side is enough.
    """

    pointer_moved = Signal(object)
    failed = Signal(str)
    section_drawn = Signal(str)

    def __init__(
        self, session: Session, parent: QWidget | None = None, host: CanvasHost | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.host = host or CanvasHost(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.host)
        self.frame: str | None = None
        self.plane = Plane.at()
        self.section_depth = 0.0
        self.tilt_deg = (0.0, 0.0)
        self.base = np.zeros(2)
        self.shown: tuple[str, ...] = ()
        self._fitted = ""
        self._fit_margin = 0.06
        self.shows_hidden = False
        self.overrides: dict[str, float] = {}
        self.sections: dict[str, Section] = {}
        self.is_free = False
        self.order: Order = "linear"
        self.slab: SlabSpec | None = None
        self._seconds: dict[str, float] = {}
        self.marks = Marks(self.host)
        self._layers = SectionLayers(self.host.model)
        self._sampler = SectionSampler(session.tasks, self)
        self._sampler.drawn.connect(self._on_drawn)
        self._sampler.failed.connect(lambda _key, words: self.failed.emit(words))
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_AFTER_MS)
        self._redraw.timeout.connect(self.redraw)
        self.cards = PaneCards(session, self.host)
        self._connect()

    def _connect(self) -> None:
        self.host.view_changed.connect(self._on_view_changed)
        self.host.resized.connect(self._on_resized)
        self.host.moved_by_hand.connect(self._on_moved_by_hand)
        self.host.moved.connect(self._on_moved)

    # -- what is shown -------------------------------------------------------------------

    def show_frame(self, dataset_id: str | None, *, reset_view: bool = True) -> None:
        """Show everything in the plane of a dataset."""
        self.frame = dataset_id
        if dataset_id is None:
            self.show_datasets(())
            return
        dataset = self.session.dataset(dataset_id)
        box = bounds(dataset)
        self.base = box[:, -2:].mean(axis=0)
        self.section_depth = float(box[:, 0].mean()) if dataset.ndim_space == 3 else 0.0
        self.tilt_deg = (0.0, 0.0)
        self.is_free = False
        self._set_plane()
        if reset_view:
            self.fit_frame()
        self._schedule()

    def show_datasets(self, ids: tuple[str, ...]) -> None:
        """Choose which datasets are drawn, bottom first."""
        for gone in set(self.shown) - set(ids):
            self._sampler.cancel(gone)
            self._layers.remove(gone)
            self.sections.pop(gone, None)
        self.shown = ids
        self._layers.set_order(ids)
        self._update_wheel()
        self._schedule()

    def set_section(self, depth: float, tilt_deg: tuple[float, float]) -> None:
        """Move the section along the frame's normal and tilt it.

        Parameters
        ----------
        depth
            Along the normal of the untilted plane, in the frame's unit.
        tilt_deg
            About the plane's y and x directions, degrees.
        """
        self.section_depth, self.tilt_deg = depth, tilt_deg
        self._set_plane()
        self._schedule()

    def show_plane(self, plane: Plane, *, keep_view: bool = False) -> None:
        """Show any plane of the frame; `set_section` goes back to planes along the frame's axes.

        Parameters
        ----------
        plane
            In the frame's unit.
        keep_view
            Stay as near as can be to the place in view; else the plane coordinates (0, 0)
            become the canvas' origin.
        """
        place = self.position_in_frame(self.view_centre) if keep_view else None
        self.plane, self.is_free = plane, True
        if place is None:
            self.base = np.zeros(2)
        else:
            self.centre_on((place - plane.origin_zyx) @ plane.basis)
        self._schedule()

    def move_along_normal(self, distance: float) -> None:
        """Move a free plane along its normal, in the frame's unit."""
        self.plane, self.is_free = self.plane.moved(distance), True
        self._schedule()

    def show_as(self, order: Order, slab: SlabSpec | None) -> None:
        """Choose the interpolation of sections and their thickness (frame's unit)."""
        if (order, slab) != (self.order, self.slab):
            self.order, self.slab = order, slab
            self._schedule()

    def fit_frame(self) -> None:
        """Show the whole view frame."""
        if self.frame is not None:
            self.fit_dataset(self.frame)

    def fit_dataset(self, dataset_id: str, margin: float = 0.06) -> None:
        """Show the whole of a dataset, wherever it lies in this frame, and a margin around it.

        It stays so when the pane is resized, until the view is moved by hand.
        """
        box = self.session.drawing.bounds_in_plane(dataset_id, self._frame(), self.plane)
        if box is not None:
            self.host.look_at(box[0] - self.base, box[1] - self.base, margin)
            self._fitted, self._fit_margin = dataset_id, margin

    def hold_view(self) -> None:
        """Keep the view as it is when the pane is resized."""
        self._fitted = ""

    def override(self, opacities: dict[str, float]) -> None:
        """Show datasets on this canvas with an opacity of their own, whatever the project says."""
        self.overrides = dict(opacities)
        self.refresh_display()
        self._schedule()

    def set_opacity(self, dataset_id: str, opacity: float) -> None:
        """Change the opacity of an overridden dataset at once."""
        self.overrides[dataset_id] = opacity
        self._layers.set_opacity(dataset_id, opacity)

    def show_picture(self, rgba: Any, grid: Grid | None) -> None:
        """Cover the datasets with a picture (rows, cols, 4) on a grid; ``None`` takes it away."""
        self._layers.show_picture(rgba, grid, self.base)

    def refresh_display(self) -> None:
        """Take over colours, limits, opacity and visibility from the project."""
        for dataset_id in self.shown:
            dataset = self._as_shown(self.session.dataset(dataset_id))
            self._layers.style(dataset, self.session.drawing.limits_if_known(dataset))

    # -- coordinates ---------------------------------------------------------------------

    def plane_position(self, pointer: Pointer) -> FloatArray:
        """Return (2,) plane coordinates of a pointer."""
        return pointer.yx + self.base

    def position_in_frame(self, plane_yx: FloatArray) -> FloatArray:
        """Return (3,) coordinates in the view frame (z, y, x) of a point of the plane."""
        return np.asarray(self.plane.plane_to_frame(np.asarray(plane_yx, float)[None])[0])

    def screen_position(self, plane_yx: FloatArray) -> FloatArray:
        """Return (2,) canvas pixels (x, y) of a point of the plane."""
        return self.host.to_screen(np.asarray(plane_yx, float) - self.base)

    def centre_on(self, plane_yx: FloatArray) -> None:
        """Bring a point of the plane to the middle of the canvas."""
        self.host.centre_on(np.asarray(plane_yx, float) - self.base)

    @property
    def view_centre(self) -> FloatArray:
        """(2,) plane coordinates of the canvas' middle."""
        low, high = self.host.visible_rectangle()
        return np.asarray((low + high) / 2 + self.base)

    @property
    def pivot(self) -> FloatArray:
        """(2,) plane coordinates about which sections along the frame's axes are tilted."""
        if self.frame is None:
            return np.zeros(2)
        return np.asarray(bounds(self.session.dataset(self.frame))[:, -2:].mean(axis=0))

    @property
    def unit(self) -> str | None:
        """Unit of plane coordinates."""
        return self.session.dataset(self.frame).unit if self.frame else None

    # -- drawing -------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw every shown dataset for the pixels now visible."""
        self._redraw.stop()
        if self.frame is None:
            return
        self._stay_near_the_base()
        for dataset_id in self.shown:
            self.redraw_one(dataset_id)
        self._place_cards()

    def redraw_one(self, dataset_id: str) -> None:
        """Draw one shown dataset for the pixels now visible."""
        dataset = self.session.dataset(dataset_id)
        if self._as_shown(dataset).display.visible:
            self._sampler.request(dataset_id, self._work(dataset))
        else:
            self._sampler.cancel(dataset_id)
            self._layers.set_visible(dataset_id, False)

    @property
    def busy(self) -> bool:
        """Whether something is still to be drawn."""
        return self._redraw.isActive() or self._sampler.busy

    def _work(self, dataset: Dataset) -> Any:
        grid = self.visible_grid(OVERSCAN)
        frame, plane, session = self._frame(), self.plane, self.session
        order, slab, seconds = self.order, self.slab, self._seconds
        coarse = not self._layers.has(dataset.id) or seconds.get(dataset.id, 0.0) > SLOW_S

        def work(control: TaskControl) -> Iterator[Section]:
            session.drawing.prepare(dataset, control)
            if coarse:
                quick = grid.coarsened(COARSE)
                yield session.drawing.section(dataset, frame, plane, quick, control, order)
            began = monotonic()
            yield session.drawing.section(dataset, frame, plane, grid, control, order, slab)
            seconds[dataset.id] = monotonic() - began

        return work

    def visible_grid(self, overscan: float = 0.0) -> Grid:
        """Return the grid of the canvas' pixels in plane coordinates."""
        low, high = self.host.visible_rectangle()
        pixel = 1 / self.host.zoom
        margin = (high - low) * overscan
        shape = np.maximum(np.ceil((high - low + 2 * margin) / pixel), 1).astype(int)
        origin = low - margin + pixel / 2 + self.base
        return Grid.plane(
            origin, np.array([1.0, 0]), np.array([0.0, 1]), pixel, (int(shape[0]), int(shape[1]))
        )

    def _on_drawn(self, drawn: Drawn) -> None:
        try:
            dataset = self._as_shown(self.session.dataset(drawn.key))
        except TiepointError:
            return
        limits = self.session.drawing.limits_if_known(dataset)
        self.sections[drawn.key] = drawn.section
        self._layers.show(dataset, drawn.section, self.base, limits)
        self.section_drawn.emit(drawn.key)
        self._show_legend()

    def _as_shown(self, dataset: Dataset) -> Dataset:
        if dataset.id in self.overrides:
            display = dataset.display
            blending = "additive" if display.blending == "additive" else "translucent"
            opacity = self.overrides[dataset.id]
            return dataset.replace(
                display=display.replace(visible=True, opacity=opacity, blending=blending)
            )
        if self.shows_hidden and not dataset.display.visible:
            return dataset.replace(display=dataset.display.replace(visible=True))
        return dataset

    # -- reactions -----------------------------------------------------------------------

    def _frame(self) -> str:
        if self.frame is None:
            raise TiepointError("Nothing is shown yet: add a dataset first.")
        return self.frame

    def _set_plane(self) -> None:
        middle = self.pivot
        place = self.position_in_frame(self.view_centre) if self.is_free else None
        self.is_free = False
        self.plane = Plane.at(self.section_depth, self.tilt_deg, (middle[0], middle[1]))
        if place is not None:
            self.centre_on((place - self.plane.origin_zyx) @ self.plane.basis)

    def _schedule(self) -> None:
        self._redraw.start()

    def _on_resized(self) -> None:
        if self._fitted and self.frame is not None:
            self.fit_dataset(self._fitted, self._fit_margin)
        self._schedule()
        self._place_cards()

    def _on_moved_by_hand(self) -> None:
        self._fitted = ""

    def _on_view_changed(self) -> None:
        self._schedule()
        self._place_cards()

    def _stay_near_the_base(self) -> None:
        """Move the canvas' origin to the view, so that the graphics card needs few digits."""
        low, high = self.host.visible_rectangle()
        centre = (low + high) / 2
        if float(np.abs(centre).max()) * self.host.zoom < FAR_PX:
            return
        self.base = self.base + centre
        self._layers.shift(-centre)
        self.host.centre_on(np.zeros(2))
        self._redraw.stop()

    def _on_moved(self, pointer: Pointer) -> None:
        if self.frame is not None:
            self.pointer_moved.emit(self.plane_position(pointer))

    def _update_wheel(self) -> None:
        deep = any(self.session.dataset(i).ndim_space == 3 for i in self.shown)
        self.host.set_wheel_zooms(not deep)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the cards in their corners."""
        super().resizeEvent(event)
        self._place_cards()

    def _show_legend(self) -> None:
        visible = [i for i in reversed(self.shown) if self._layers.is_visible(i)]
        self.cards.show_legend(visible, self.frame, self.slab)
        self._place_cards()

    def show_fields(self, fields: list[tuple[float, str]]) -> None:
        """Show nested fields of view as (width in the frame's unit, dataset id), widest first."""
        self.cards.show_fields(fields, self.frame, self.unit)
        self._place_cards()

    def _place_cards(self) -> None:
        self.cards.place(self.unit, shown=self.frame is not None)

    def close_pane(self) -> None:
        """Stop drawing and release the canvas."""
        self._redraw.stop()
        self._sampler.cancel_all()
        self.host.close_canvas()

"""The section of the main pane: its numbers, tilting, scrolling, thickness, directions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from tiepoint.geometry.resample import SlabSpec
from tiepoint.model.project import Slab
from tiepoint.project import edits
from tiepoint.session.directions import directions, plane_of
from tiepoint.session.views import as_plane, as_state
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.planes import Plane
    from tiepoint.gui.desk import Desk
    from tiepoint.model.project import ViewState
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane

TILT_DEG_PER_PX = 0.25
PIXELS_THICK = 10
ROUND_AN_IMAGE = 0.35


class SectionsController(QObject):
    """Moves sections and keeps their numbers and the project in step with the main pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._work = desk.workspace
        self._tilting: tuple[FloatArray, Plane, FloatArray] | None = None
        self.bar = bar = desk.workspace.section_bar
        bar.depth_changed.connect(self._on_depth)
        bar.tilt_changed.connect(self._on_tilt)
        bar.drawing_changed.connect(self._on_drawing)
        self._menu = QMenu(bar)
        self._menu.aboutToShow.connect(self._fill_menu)
        bar.offer_directions(self._menu)

    # -- what is shown -------------------------------------------------------------------

    def show(self) -> None:
        """Show the numbers of the main pane's section."""
        main = self._work.main
        if main.frame is None:
            return
        self.bar.show_section(
            main.plane.depth, main.plane.tilt_azimuth_deg, main.unit, self._step(main)
        )
        view = self._session.project.view
        slab = view.slab
        self.bar.show_drawing(
            view.interpolation, slab.method if slab else "", slab.thickness if slab else 0.0
        )

    def remember(self) -> None:
        """Note the section in the project."""
        main = self._work.main
        edit = edits.set_view(
            frame=main.frame,
            depth=main.section_depth,
            tilt_deg=main.tilt_deg,
            plane=as_state(main.plane) if main.is_free else None,
        )
        self._session.document.apply("Change the view", edit, merge_key="view")

    def adopt(self, view: ViewState, *, keep_view: bool) -> None:
        """Take over the section that the project says, in its frame."""
        main = self._work.main
        if view.plane is not None:
            if not main.is_free or as_state(main.plane) != view.plane:
                main.show_plane(as_plane(view.plane), keep_view=keep_view)
                if not keep_view:
                    main.fit_frame()
        elif main.is_free or (view.depth, view.tilt_deg) != (main.section_depth, main.tilt_deg):
            main.set_section(view.depth, view.tilt_deg)
        self.adopt_drawing(view)

    def adopt_drawing(self, view: ViewState) -> None:
        """Take over interpolation and thickness."""
        slab = SlabSpec(view.slab.thickness, view.slab.method) if view.slab else None
        self._work.main.show_as(view.interpolation, slab)

    def is_shown(self, view: ViewState) -> bool:
        """Whether the main pane shows the section that the project says."""
        main = self._work.main
        plane = as_state(main.plane) if main.is_free else None
        return (view.depth, view.tilt_deg, view.plane) == (main.section_depth, main.tilt_deg, plane)

    # -- moving --------------------------------------------------------------------------

    def scroll(self, pane: Pane, steps: float) -> None:
        """Go along the normal by pixels of the frame."""
        if pane.frame is not None:
            self._go(pane, steps * self._step(pane))

    def begin_tilt(self, pane: Pane, pointer: Pointer) -> None:
        """Take hold of the section to tilt it about the middle of the view."""
        self._tilting = (pane.host.to_screen(pointer.yx), pane.plane, pane.view_centre)

    @property
    def is_tilting(self) -> bool:
        """Whether the section is being tilted by hand."""
        return self._tilting is not None

    def tilt(self, pane: Pane, pointer: Pointer) -> None:
        """Follow the pointer: right turns about the vertical, down about the horizontal."""
        if self._tilting is None:
            return
        start, plane, pivot = self._tilting
        down, right = ((pane.host.to_screen(pointer.yx) - start) * TILT_DEG_PER_PX)[::-1]
        self._put(pane, plane.turned((float(right), float(down)), pivot))

    def end_tilt(self) -> None:
        """Let go."""
        self._tilting = None
        self._session.document.finish_merge()

    def _on_depth(self, depth: float) -> None:
        main = self._work.main
        if main.frame is not None:
            self._go(main, depth - main.plane.depth)

    def _on_tilt(self, tilt_deg: float, azimuth_deg: float) -> None:
        main = self._work.main
        if main.frame is not None:
            self._put(main, main.plane.leaned((tilt_deg, azimuth_deg), main.view_centre))

    def _go(self, pane: Pane, distance: float) -> None:
        if pane.is_free or any(pane.tilt_deg):
            pane.move_along_normal(distance)
        else:
            pane.set_section(pane.section_depth + distance, pane.tilt_deg)
        self._after(pane)

    def _put(self, pane: Pane, plane: Plane) -> None:
        pane.show_plane(plane, keep_view=True)
        self._after(pane)

    def _after(self, pane: Pane) -> None:
        if pane is self._work.main:
            self.remember()
            self.show()
        self._desk.views.marks_wanted.emit()

    def _step(self, pane: Pane) -> float:
        """Return a pixel of the frame, or of the screen where the frame is an image."""
        if pane.frame is None:
            return 1.0
        dataset = self._session.dataset(pane.frame)
        own = abs(dataset.spatial_axes[0].scale)
        return own if dataset.ndim_space == 3 else max(own, 1 / pane.host.zoom)

    # -- drawing -------------------------------------------------------------------------

    def _on_drawing(self, interpolation: str, method: str, thickness: float) -> None:
        main = self._work.main
        if main.frame is None:
            return
        slab = None
        if method:
            slab = Slab(thickness=thickness or PIXELS_THICK * self._step(main), method=method)
        edit = edits.set_view(interpolation=interpolation, slab=slab)
        self._session.document.apply("Change how sections are drawn", edit, merge_key="drawing")
        self.show()

    def switch_thickness(self) -> None:
        """Show the section thick (mean), or thin again."""
        slab = self._session.project.view.slab
        bar = self.bar
        self._on_drawing(bar.interpolation.currentData(), "" if slab else "mean", 0.0)

    # -- directions ----------------------------------------------------------------------

    def level_section(self) -> None:
        """Go back to the untilted section through the middle of the frame."""
        main = self._work.main
        if main.frame is not None:
            main.show_frame(main.frame, reset_view=main.is_free)
            self._after(main)
            self._desk.views.refresh()

    def look_along(self) -> None:
        """Offer the axes and planes to look along."""
        self._menu.popup(self.bar.look.mapToGlobal(self.bar.look.rect().bottomLeft()))

    def align_with_selected(self) -> None:
        """Lay the section into the plane of the image selected in the tree."""
        dataset_id = self._desk.datasets_panel.current_id()
        if dataset_id and self._session.dataset(dataset_id).ndim_space == 2:
            self.look(f"image {dataset_id}")
        else:
            self._desk.status.say("Select an image in the tree to lay the section into.")

    def look(self, key: str) -> None:
        """Look along a direction (see `session.directions`), or lay the section into an image."""
        main = self._work.main
        if main.frame is None:
            return
        through = main.position_in_frame(main.view_centre)
        try:
            plane = plane_of(self._session, main.frame, key, through)
        except TiepointError as error:
            self._desk.status.say(str(error))
            return
        kind, _, dataset_id = key.partition(" ")
        self._put(main, plane)
        if kind == "image":
            main.fit_dataset(dataset_id, ROUND_AN_IMAGE)
        else:
            main.centre_on((through - plane.origin_zyx) @ plane.basis)

    def look_along_z(self) -> None:
        """Look along the frame's z axis."""
        self.look("axis z")

    def look_along_y(self) -> None:
        """Look along the frame's y axis."""
        self.look("axis y")

    def look_along_x(self) -> None:
        """Look along the frame's x axis."""
        self.look("axis x")

    def _fill_menu(self) -> None:
        self._menu.clear()
        frame = self._work.main.frame
        for direction in directions(self._session, frame) if frame else ():
            self._menu.addAction(direction.words, partial(self.look, direction.key))

"""Which frame, section and layout the panes show, and who gets the gestures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from tiepoint.session.locating import reference_dataset
from tiepoint.session.pointing import read_at
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.host import KEY_ENTER

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project, ViewState
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.host import Pointer
    from tiepoint.viewer.pane import Pane


class Gesture(Protocol):
    """What a mode of the canvas does with the pointer; answers whether it took the event."""

    def press(self, pane: Pane, pointer: Pointer) -> bool:
        """Take hold, or leave the press to the canvas."""

    def drag(self, pane: Pane, pointer: Pointer) -> bool:
        """Follow the pointer."""

    def release(self, pane: Pane, pointer: Pointer) -> bool:
        """Let go."""

    def click(self, pane: Pane, pointer: Pointer) -> bool:
        """Take a press and release in one place."""

    def double_click(self, pane: Pane, pointer: Pointer) -> bool:
        """Take a double-click."""

    def enter(self) -> bool:
        """Take the Enter key."""

    def stop(self) -> None:
        """End the mode."""


class ViewsController(QObject):
    """Keeps the panes in step with the project."""

    marks_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._work = desk.workspace
        self.gesture: Gesture | None = None
        bar = self._work.bar
        bar.frame_chosen.connect(self.view_in)
        bar.layout_chosen.connect(self.arrange)
        bar.space_chosen.connect(lambda: desk.space.toggle())
        for pane in self._work.panes:
            self._connect(pane)

    def _connect(self, pane: Pane) -> None:
        host = pane.host
        host.pressed.connect(lambda p: self._on_press(pane, p))
        host.dragged.connect(lambda p: self._on_drag(pane, p))
        host.released.connect(lambda p: self._on_release(pane, p))
        host.clicked.connect(lambda p: self._on_click(pane, p))
        host.double_clicked.connect(lambda p: self._on_double_click(pane, p))
        host.scrolled.connect(lambda _p, steps: self._desk.sections.scroll(pane, steps))
        host.key_pressed.connect(self._on_key)
        host.view_changed.connect(self.marks_wanted.emit)
        host.view_changed.connect(lambda: self._desk.monitor.view_changed())
        pane.pointer_moved.connect(lambda yx: self._on_pointer(pane, yx))
        pane.failed.connect(self._desk.status.say)
        pane.cards.strip.chosen.connect(pane.fit_dataset)

    # -- following the project -----------------------------------------------------------

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        main = self._work.main
        ids = {dataset.id for dataset in new.datasets}
        if main.frame not in ids:
            self._choose_frame()
        if old is None or old.datasets != new.datasets:
            self._show_frames()
        self.refresh()

    def follow_view(self, view: ViewState) -> None:
        """Go where the project says, after an undo or redo of a change of the view."""
        sections = self._desk.sections
        if view.frame != self._work.main.frame:
            self._choose_frame()
            self._show_frames()
            self.refresh()
        elif not sections.is_shown(view):
            sections.adopt(view, keep_view=True)
            self.refresh()
        else:
            sections.adopt_drawing(view)
        sections.show()

    def refresh(self) -> None:
        """Draw what is visible in the main pane."""
        main = self._work.main
        if main.frame is None:
            return
        main.show_datasets(self._drawable(main.frame))
        main.refresh_display()
        if not main.isHidden():
            main.redraw()
        self._show_strip()
        self.marks_wanted.emit()

    def _drawable(self, frame: str) -> tuple[str, ...]:
        """Return the visible datasets that can be drawn in a frame: pictures first, maps on top."""
        related = self._session.locating.can_be_seen
        pair = self._desk.comparing.pair
        fixed, moving = pair if pair is not None else ("", "")

        def shown(d: Dataset) -> bool:
            compared = d.id in (fixed, moving)
            visible = compared or (d.display.visible and not self._desk.comparing.alone)
            return visible and d.ndim_space in (2, 3) and related(frame, d.id)

        def height(d: Dataset) -> tuple[bool, bool, bool]:
            over = d.ndim_space != 3 or d.id == moving
            return (d.display.blending == "additive", over and d.id != fixed, d.id == moving)

        found = sorted(filter(shown, self._session.project.datasets), key=height)
        previews = self._session.spectra.previews
        under = (d.id for d in found if not previews.stands_for(d.id))
        return (*under, *(i for i in previews.ids() if related(frame, i)))

    def show_preview(self, dataset_id: str) -> None:
        """Draw a preview in the main pane, and nothing else anew."""
        main = self._work.main
        if dataset_id in main.shown:
            main.redraw_one(dataset_id)
        else:
            self.refresh()

    def _show_frames(self) -> None:
        names = {
            d.id: d.name
            for d in self._session.project.datasets
            if d.ndim_space in (2, 3) and d.recipe is None
        }
        world = reference_dataset(self._session.project)
        if world is not None and world.id in names and len(names) > 1:
            named = f"World · {names.pop(world.id)}"
            names = {world.id: named, **names}
        self._work.bar.show_frames(names, self._work.main.frame)

    def _choose_frame(self) -> None:
        project = self._session.project
        wanted = project.view.frame
        pictures = [d for d in project.datasets if d.ndim_space in (2, 3)]
        known = {d.id for d in pictures}
        if wanted not in known:
            reference = reference_dataset(project)
            wanted = reference.id if reference and reference.id in known else None
        if wanted is None:
            wanted = pictures[0].id if pictures else None
        self._work.main.show_frame(wanted, reset_view=wanted != self._work.main.frame)
        if wanted is not None and project.view.frame == wanted:
            self._desk.sections.adopt(project.view, keep_view=False)
        self._desk.sections.show()

    def _show_strip(self) -> None:
        main = self._work.main
        fields: list[tuple[float, str]] = []
        for dataset in self._session.document.project.datasets:
            if dataset.ndim_space not in (2, 3) or dataset.recipe or dataset.derived:
                continue
            box = self._session.drawing.bounds_in_plane(dataset.id, main.frame or "", main.plane)
            if box is not None:
                fields.append((float((box[1] - box[0]).max()), dataset.id))
        main.show_fields(distinct_fields(fields, main.frame or ""))

    # -- frames and sections -------------------------------------------------------------

    def view_in(self, dataset_id: str) -> None:
        """Show everything in a dataset's own plane."""
        self.look_in(dataset_id)
        self._desk.sections.remember()

    def look_in(self, dataset_id: str) -> None:
        """Show everything in a dataset's own plane without noting that in the project."""
        self._work.main.show_frame(dataset_id)
        self._show_frames()
        self._desk.sections.show()
        self.refresh()

    def arrange(self, name: str) -> None:
        """Choose the layout of the panes."""
        if self._work.shows_space:
            self._desk.space.toggle()
        self._work.arrange(name)
        self._desk.register.show_panes()
        self._desk.alignment.follow()
        self.refresh()

    # -- actions -------------------------------------------------------------------------

    def view_in_selected(self) -> None:
        """View in the plane of the dataset selected in the tree."""
        dataset_id = self._desk.datasets_panel.current_id()
        if dataset_id:
            self.view_in(dataset_id)

    def reset_view(self) -> None:
        """Show the whole frame in every pane."""
        for pane in self._work.panes:
            pane.fit_frame()

    def centre_selected(self) -> None:
        """Show the whole of the selected dataset."""
        dataset_id = self._desk.datasets_panel.current_id()
        if dataset_id and self._work.main.frame:
            self._work.main.fit_dataset(dataset_id)

    def single(self) -> None:
        """Show one pane."""
        self.arrange("single")

    def side_by_side(self) -> None:
        """Show the moving and the fixed pane."""
        self.arrange("side by side")

    def three_panes(self) -> None:
        """Show moving, fixed and blended pane."""
        self.arrange("three")

    # -- gestures ------------------------------------------------------------------------

    def begin(self, gesture: Gesture) -> None:
        """Give the pointer to a gesture until it stops."""
        self.cancel_gesture()
        self.gesture = gesture

    def cancel_gesture(self) -> None:
        """End the current gesture."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.stop()
        for pane in self._work.panes:
            pane.host.set_panning(True)

    def _on_press(self, pane: Pane, pointer: Pointer) -> None:
        if pointer.button == 1 and self._desk.comparing.press(pane, pointer):
            pane.host.set_panning(False)
        elif self.gesture is not None and pointer.button == 1 and self.gesture.press(pane, pointer):
            pane.host.set_panning(False)
        elif "Shift" in pointer.modifiers:
            pane.host.set_panning(False)
            self._desk.sections.begin_tilt(pane, pointer)

    def _on_drag(self, pane: Pane, pointer: Pointer) -> None:
        if self._desk.comparing.drag(pane, pointer):
            return
        if self._desk.sections.is_tilting:
            self._desk.sections.tilt(pane, pointer)
        elif self.gesture is not None:
            self.gesture.drag(pane, pointer)

    def _on_release(self, pane: Pane, pointer: Pointer) -> None:
        if self._desk.comparing.release(pane, pointer):
            pass
        elif self._desk.sections.is_tilting:
            self._desk.sections.end_tilt()
        elif self.gesture is not None:
            self.gesture.release(pane, pointer)
        pane.host.set_panning(True)

    def _on_click(self, pane: Pane, pointer: Pointer) -> None:
        if self.gesture is not None and pointer.button == 1:
            self.gesture.click(pane, pointer)

    def _on_double_click(self, pane: Pane, pointer: Pointer) -> None:
        if self.gesture is not None:
            self.gesture.double_click(pane, pointer)

    def _on_key(self, key: int) -> None:
        if key in KEY_ENTER and self.gesture is not None:
            self.gesture.enter()

    def _on_pointer(self, pane: Pane, plane_yx: FloatArray) -> None:
        if pane.frame is None:
            return
        try:
            reading = read_at(
                self._session,
                pane.frame,
                pane.position_in_frame(plane_yx),
                pane.shown,
                1 / pane.host.zoom,
            )
        except TiepointError as error:
            self._desk.status.say(str(error))
            return
        self._desk.status.show_reading(reading)
        self._desk.register.follow_pointer(pane, plane_yx)


def distinct_fields(fields: list[tuple[float, str]], current: str) -> list[tuple[float, str]]:
    """Return nested fields of view, widest first, one of each size.

    Fields that differ by less than a factor of 1.5 count as one; the current frame's is kept.
    """
    kept: list[tuple[float, str]] = []
    for width, key in sorted(fields, reverse=True):
        if kept and kept[-1][0] < 1.5 * width:
            if key == current:
                kept[-1] = (width, key)
            continue
        kept.append((width, key))
    return kept

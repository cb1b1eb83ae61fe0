"""Registering by clicking: the two panes, their marks, and the pairs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.gui.controllers.landmark_gesture import LandmarkGesture
from tiepoint.gui.controllers.pair_files import export_pairs, import_pairs
from tiepoint.gui.controllers.suggesting import Suggesting
from tiepoint.gui.feedback import attempt
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.project.lookup import registration_at_hand
from tiepoint.project.names import next_pair_name
from tiepoint.registration.models import MODELS
from tiepoint.session.locating import reference_dataset
from tiepoint.session.questions import LOOK, TILT
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.registration_marks import Sight, pair_marks

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.project import Project
    from tiepoint.model.registration import Registration
    from tiepoint.project.document import Edit
    from tiepoint.session.report import RegistrationReport
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.marks import OutlineMark, PointMark
    from tiepoint.viewer.pane import Pane

SIDES = ("moving", "fixed")


class RegisterController(QObject):
    """Knows which registration is being worked on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._work = desk.workspace
        self.panel = desk.register_panel
        self.registration_id = ""
        self.selected_pair = ""
        self.pending: dict[str, FloatArray] = {}
        self._pointer: tuple[Pane, FloatArray] | None = None
        self._suggesting = Suggesting(desk)
        self._connect()

    def _connect(self) -> None:
        panel = self.panel
        panel.pair_of_datasets_chosen.connect(self.begin)
        panel.model_chosen.connect(self._set_model)
        panel.pair_selected.connect(self._select_pair)
        panel.pair_activated.connect(self.centre_on_pair)
        panel.pair_toggled.connect(self._toggle_pair)
        panel.pair_renamed.connect(self._rename_pair)
        panel.answer_given.connect(self._answer)
        panel.landmark_mode_wanted.connect(self.landmark_mode)
        panel.delete_wanted.connect(self.delete_pair)
        panel.undo_wanted.connect(self._session.document.undo)
        panel.import_wanted.connect(self.import_pairs)
        panel.export_wanted.connect(self.export_pairs)
        panel.next_wanted.connect(lambda: self._desk.monitor.go_next())
        self._desk.views.marks_wanted.connect(self.show_marks)
        for pane in self._work.panes:
            pane.marks.source = partial(self._marks_of, pane)

    @property
    def registration(self) -> Registration | None:
        """The registration being worked on."""
        found = [r for r in self._session.project.registrations if r.id == self.registration_id]
        return found[0] if found else None

    # -- choosing ------------------------------------------------------------------------

    def begin(self, moving: str, fixed: str) -> None:
        """Work on the registration between two datasets, starting one if needed."""
        self.pending.clear()
        if attempt(self._desk, lambda: self._start(moving, fixed)):
            self._desk.show_panel(self.panel)
            if self._work.layout_name == "single":
                self._work.arrange("side by side")
            self._look_at_both()
            if self._work.fixed.pane.is_free:
                self._work.fixed.pane.show_frame(fixed)
            self.show_panes()
            self._desk.alignment.follow(fit=True)

    def _look_at_both(self) -> None:
        """Show the main pane in the plane in which both datasets can be seen."""
        frame = self._desk.comparing.frame()
        if frame is not None and self._work.main.frame != frame:
            self._desk.views.look_in(frame)

    def _start(self, moving: str, fixed: str) -> None:
        self.registration_id = self._session.start_registration(moving, fixed).id
        self.refresh()

    def begin_with_moving(self, moving: str) -> None:
        """Register a dataset to the one that the others rest on."""
        reference = reference_dataset(self._session.project)
        others = [d.id for d in self._session.project.datasets if d.id != moving and d.ndim_space]
        fixed = reference.id if reference and reference.id != moving else next(iter(others), "")
        if fixed:
            self.begin(moving, fixed)
        else:
            self._desk.status.say("Add a second dataset to register this one to.")

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        current = self.registration
        if current is None:
            at_hand = registration_at_hand(new)
            self.registration_id = at_hand.id if at_hand else ""
        elif not current.in_use:
            ends = {current.moving, current.fixed}
            used = [r for r in new.registrations if r.in_use and {r.moving, r.fixed} == ends]
            self.registration_id = used[0].id if used else current.id
        if old is None or _differs(old, new):
            self.refresh()
            self._desk.alignment.follow()

    def refresh(self) -> None:
        """Show the report and the marks of the current registration."""
        names = {
            d.id: d.name
            for d in self._session.project.datasets
            if d.ndim_space in (2, 3) and d.recipe is None
        }
        registration = self.registration
        moving = registration.moving if registration else ""
        fixed = registration.fixed if registration else ""
        self.panel.show_datasets(names, moving, fixed)
        self.panel.show_report(self._report())
        self._desk.monitor.refresh()
        self.show_panes()

    def _report(self) -> RegistrationReport | None:
        registration = self.registration
        if registration is None:
            return None
        return self._session.registering.report(
            registration.id,
            self._desk.monitor.place(),
            self._desk.monitor.needed(),
            suggested=self._suggesting.of(registration),
        )

    def stop(self) -> None:
        """Forget what is still to be found out."""
        self._suggesting.stop()

    def show_panes(self) -> None:
        """Show the two datasets in their panes, if these are visible."""
        registration = self.registration
        if registration is not None and self._work.layout_name != "single":
            self._desk.alignment.show_moving()
            fixed, titled = self._session.dataset(registration.fixed), self._work.fixed
            titled.title.setText(f"Fixed   {fixed.name}")
            if titled.pane.frame != fixed.id:
                titled.pane.show_frame(fixed.id)
                titled.pane.show_datasets((fixed.id,))
            titled.pane.refresh_display()
        self._desk.comparing.apply()
        self.show_marks()

    # -- marks ---------------------------------------------------------------------------

    def side_of(self, pane: Pane) -> str | None:
        """Return which dataset of the registration a pane shows in its own plane."""
        registration = self.registration
        if registration is None or pane.frame is None:
            return None
        if pane is self._work.moving.pane:
            return "moving"
        if pane is self._work.fixed.pane:
            return "fixed"
        return next((s for s in SIDES if getattr(registration, s) == pane.frame), None)

    def show_marks(self) -> None:
        """Draw pairs, pending clicks and predictions anew in every pane that is seen."""
        for pane in self._work.panes:
            pane.marks.renew()

    def _marks_of(self, pane: Pane) -> tuple[list[PointMark], list[OutlineMark]]:
        """Return what a pane is to show, regions below the pairs."""
        if pane.frame is None:
            return [], []
        watched = self._desk.monitor.watched()
        points, outlines = pair_marks(self._session, self.registration, pane, self, watched)
        regions = [*self._desk.regions.outlines(pane), *self._desk.spectra.outlines(pane)]
        regions += self._desk.patterns.outlines(pane)
        swipe = self._desk.comparing.outlines(pane)
        return [*self._desk.regions.points(pane), *points], [*regions, *outlines, *swipe]

    def follow_pointer(self, pane: Pane, plane_yx: FloatArray) -> None:
        """Remember where the pointer is, for the keys."""
        self._pointer = (pane, plane_yx)

    # -- clicking pairs ------------------------------------------------------------------

    def landmark_mode(self) -> None:
        """Turn clicking of pairs on or off."""
        if isinstance(self._desk.views.gesture, LandmarkGesture):
            self._desk.views.cancel_gesture()
        elif self.registration is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
        else:
            if self._work.layout_name == "single":
                self._work.arrange("side by side")
                self.show_panes()
            self._desk.views.begin(LandmarkGesture(self))
        active = isinstance(self._desk.views.gesture, LandmarkGesture)
        self.panel.landmarks.setChecked(active)
        self._desk.set_checked("register.landmark_mode", active)
        if active:
            self._desk.status.say("Click the same point in both panes. Space ends it.")

    def landmark_mode_ended(self) -> None:
        """Forget half-clicked pairs."""
        self.pending.clear()
        self.panel.landmarks.setChecked(False)
        self._desk.set_checked("register.landmark_mode", False)
        self._desk.status.say("")
        self.show_marks()

    def click(self, pane: Pane, plane_yx: FloatArray) -> None:
        """Place one end of a pair; the second end completes it."""
        side, registration = self.side_of(pane), self.registration
        if side is None or registration is None:
            self._desk.status.say("Click in the moving or the fixed pane.")
            return
        self.pending[side] = self._position(pane, side, plane_yx)
        if len(self.pending) == 2:
            self._complete(self.pending["moving"], self.pending["fixed"])
        else:
            self.show_marks()

    def _position(self, pane: Pane, side: str, plane_yx: FloatArray) -> FloatArray:
        """Return where a point of a pane lies in one of the datasets, its own unit."""
        dataset = self._session.dataset(getattr(self.registration, side))
        position = pane.position_in_frame(plane_yx)
        if pane.frame is not None and pane.frame != dataset.id:
            there = self._session.locating.frame_transform(pane.frame, dataset.id)
            position = np.asarray(there(position[None])[0])
        return position if dataset.ndim_space == 3 else position[1:]

    def predicted(self) -> tuple[str, FloatArray] | None:
        """Return (side, position) where the partner of the pending click should be."""
        registration = self.registration
        if registration is None or len(self.pending) != 1:
            return None
        ((side, position),) = self.pending.items()
        other = "fixed" if side == "moving" else "moving"
        found = self._session.registering.predict_partner(registration.id, side, position)
        return None if found is None else (other, found)

    def confirm_partner(self) -> None:
        """Take the predicted place as the partner of the pending click."""
        found = self.predicted()
        if found is not None:
            both = {**self.pending, found[0]: found[1]}
            self._complete(both["moving"], both["fixed"])

    def _complete(self, moving: FloatArray, fixed: FloatArray) -> None:
        registration = self.registration
        if registration is None:
            return
        self.pending.clear()
        pair = LandmarkPair(
            name=next_pair_name(registration),
            moving=tuple(float(v) for v in moving),
            fixed=tuple(float(v) for v in fixed),
        )
        if attempt(self._desk, lambda: self._session.add_pairs(registration.id, [pair])):
            self._select_pair(pair.id)

    def drag_pair(self, pane: Pane, pair_id: str, plane_yx: FloatArray) -> None:
        """Move one end of a pair to where the pointer is."""
        side, registration = self.side_of(pane), self.registration
        if side is None or registration is None:
            return
        place = self._position(pane, side, plane_yx)
        edit = edits.move_pair(registration.id, pair_id, **{side: place.tolist()})
        attempt(
            self._desk,
            lambda: self._session.document.apply("Move pair", edit, merge_key=f"pair {pair_id}"),
        )

    # -- pairs ---------------------------------------------------------------------------

    def _select_pair(self, pair_id: str) -> None:
        self.selected_pair = pair_id
        self.panel.table.select(pair_id)
        self.show_marks()

    def centre_on_pair(self, pair_id: str) -> None:
        """Centre both panes on a pair."""
        registration = self.registration
        pair = (
            next((p for p in registration.pairs if p.id == pair_id), None) if registration else None
        )
        if pair is None:
            return
        self._select_pair(pair_id)
        self.centre_on({side: np.asarray(getattr(pair, side), float) for side in SIDES})

    def centre_on(self, positions: dict[str, FloatArray]) -> None:
        """Centre every visible pane on a place given in both datasets, own units."""
        registration = self.registration
        if registration is None:
            return
        for pane in self._work.panes:
            side = self.side_of(pane)
            if side is None or not pane.isVisible():
                continue
            try:
                sight = Sight(self._session, pane, getattr(registration, side))
            except TiepointError:
                continue
            self._desk.alignment.look_at(pane, sight.in_frame(positions[side])[0])
        self.show_marks()

    def next_pair(self) -> None:
        """Select the next pair and centre on it."""
        self.centre_on_pair(self.panel.table.select_next())

    def nearest_pair(self) -> None:
        """Select the pair nearest to the pointer."""
        if self._pointer is None:
            return
        pane, yx = self._pointer
        mark = pane.marks.near(yx - pane.base, float("inf"))
        if mark is not None:
            self._select_pair(mark.key)

    def delete_pair(self) -> None:
        """Delete the selected pair."""
        registration = self.registration
        if registration and any(p.id == self.selected_pair for p in registration.pairs):
            self._apply("Delete pair", edits.remove_pairs(registration.id, [self.selected_pair]))

    def _toggle_pair(self, pair_id: str, active: bool) -> None:
        words = "Use pair" if active else "Leave pair out"
        self._apply(words, edits.set_pair_active(self.registration_id, pair_id, active))

    def _rename_pair(self, pair_id: str, name: str) -> None:
        self._apply("Rename pair", edits.rename_pair(self.registration_id, pair_id, name))

    # -- registration --------------------------------------------------------------------

    def _set_model(self, model: str) -> None:
        self._apply(f"Model: {MODELS[model].label}", edits.set_model(self.registration_id, model))  # type: ignore[arg-type]

    def next_model(self) -> None:
        """Go to the next model that fits the dimensions."""
        registration = self.registration
        if registration is None:
            return
        names = self._session.registering.models(registration.id)
        self._set_model(names[(names.index(registration.model) + 1) % len(names)])

    def _answer(self, answer: str) -> None:
        if answer == LOOK:
            self._desk.finding.poses()
            return
        word, _, dataset_id = answer.partition(" ")
        if word == TILT:
            self._desk.datasets_panel.select(dataset_id)
            self._desk.datasets.correct_tilt()
            return
        attempt(self._desk, partial(self._session.registering.answer, self.registration_id, answer))
        self.refresh()

    def _apply(self, label: str, edit: Edit) -> None:
        attempt(self._desk, lambda: self._session.document.apply(label, edit))

    # -- files ---------------------------------------------------------------------------

    def import_pairs(self) -> None:
        """Read pairs from a file into the current registration."""
        import_pairs(self._desk, self._worked_on())

    def export_pairs(self) -> None:
        """Write the pairs of the current registration to a CSV file."""
        export_pairs(self._desk, self._worked_on())

    def _worked_on(self) -> str:
        registration = self.registration
        return registration.id if registration else ""


def _differs(old: Project, new: Project) -> bool:
    return (old.registrations, old.datasets, old.regions) != (
        new.registrations,
        new.datasets,
        new.regions,
    )

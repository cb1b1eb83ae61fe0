"""One pane seen through the registration: warped, copied views, sections through the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from tiepoint.session.planes import section_through_pairs
from tiepoint.session.views import seen_from
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.registration import Registration
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

ROUND_THE_IMAGE = 0.35
"""Margin around the moving image when the fixed section is first turned into its plane."""


class AlignmentController(QObject):
    """Turns and warps the two panes so that the same thing is seen in both."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._work = desk.workspace
        self.warped = False
        self.follows = True
        panel = desk.register_panel
        panel.warp_wanted.connect(self.toggle_warped)
        panel.section_wanted.connect(self.section_through_pairs)
        panel.follow_wanted.connect(self._set_follow)
        QTimer.singleShot(0, self, self._show_tick)

    # -- warped --------------------------------------------------------------------------

    def toggle_warped(self) -> None:
        """Show the moving dataset as it is, or warped into the fixed one's frame."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
        elif not self.warped and not self._session.locating.are_related(
            registration.fixed, registration.moving
        ):
            self._desk.status.say(self._why_not_warped(registration))
        else:
            self.warped = not self.warped
            self._desk.register.show_panes()
            if self.warped:
                self.copy_to_moving()
        self._desk.set_checked("alignment.toggle_warped", self.warped)
        self._desk.register_panel.warp.setChecked(self.warped)

    def _why_not_warped(self, registration: Registration) -> str:
        if self._session.locating.can_be_seen(registration.fixed, registration.moving):
            return "A projection has no way back to warp with: see it in the blended pane (F7)."
        return "There is no fit yet to warp with: add pairs."

    def show_moving(self) -> None:
        """Show the moving dataset in its pane, raw or warped."""
        registration = self._desk.register.registration
        if registration is None:
            return
        pane = self._work.moving.pane
        related = self._session.locating.are_related(registration.fixed, registration.moving)
        frame = registration.fixed if self.warped and related else registration.moving
        name = self._session.dataset(registration.moving).name
        words = "warped onto the fixed one" if frame == registration.fixed else ""
        self._work.moving.title.setText(f"Moving   {name}   {words}".rstrip())
        if pane.frame != frame or pane.shown != (registration.moving,):
            pane.show_frame(frame)
            pane.show_datasets((registration.moving,))
        if frame == registration.fixed:
            self._follow_fixed_plane()
            pane.redraw()
        pane.refresh_display()

    def _follow_fixed_plane(self) -> None:
        """Lay the warped picture into the section that the fixed pane shows."""
        moving, fixed = self._work.moving.pane, self._work.fixed.pane
        if fixed.is_free:
            moving.show_plane(fixed.plane)
        elif (moving.section_depth, moving.tilt_deg) != (fixed.section_depth, fixed.tilt_deg):
            moving.set_section(fixed.section_depth, fixed.tilt_deg)

    # -- copying views -------------------------------------------------------------------

    def copy_to_moving(self) -> None:
        """Give the moving pane the view of the fixed one."""
        self._copy(self._work.fixed.pane, self._work.moving.pane)

    def copy_to_fixed(self) -> None:
        """Give the fixed pane the view of the moving one."""
        self._copy(self._work.moving.pane, self._work.fixed.pane)

    def _copy(self, source: Pane, target: Pane) -> None:
        if source.frame is None or target.frame is None or not source.isVisible():
            self._desk.status.say("Show both panes first (F6).")
            return
        low, high = source.host.visible_rectangle()
        middle = source.position_in_frame((low + high) / 2 + source.base)
        try:
            seen = seen_from(self._session, source.frame, target.frame, middle)
        except TiepointError as error:
            self._desk.status.say(str(error))
            return
        self.look_at(target, seen.position)
        target.host.set_zoom(source.host.zoom / seen.scale)

    def look_at(self, pane: Pane, position_zyx: FloatArray) -> None:
        """Bring a position of a pane's frame into its section and to its middle."""
        away = float(pane.plane.distance(np.asarray(position_zyx, float)[None])[0])
        if pane.frame is not None and self._session.dataset(pane.frame).ndim_space == 3:
            if pane.is_free or any(pane.tilt_deg):
                if abs(away) * pane.host.zoom > 0.5:
                    self._move(pane, away)
            else:
                pane.set_section(float(position_zyx[0]), (0.0, 0.0))
        pane.hold_view()
        pane.centre_on((position_zyx - pane.plane.origin_zyx) @ pane.plane.basis)

    @staticmethod
    def _move(pane: Pane, away: float) -> None:
        if pane.is_free:
            pane.move_along_normal(away)
        else:
            pane.set_section(
                pane.section_depth + away / float(pane.plane.normal_zyx[0] or 1.0), pane.tilt_deg
            )

    # -- sections through the pairs ------------------------------------------------------

    def section_through_pairs(self) -> None:
        """Turn the fixed pane's section into the plane in which the pairs lie."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
            return
        if self._work.layout_name == "single":
            self._desk.views.side_by_side()
        try:
            self._turn(registration.id, fit=True)
        except TiepointError as error:
            self._desk.status.say(str(error))

    def follow_plane(self) -> None:
        """Keep the fixed section in the moving image's plane as pairs are added, or not."""
        self._desk.register_panel.follow.setChecked(not self.follows)

    def _set_follow(self, on: bool) -> None:
        self.follows = on
        self._show_tick()
        self.follow()

    def _show_tick(self) -> None:
        self._desk.set_checked("alignment.follow_plane", self.follows)

    def follow(self, *, fit: bool = False) -> None:
        """Turn the fixed section into the moving image's plane, if that is wanted and known."""
        registration = self._desk.register.registration
        if registration is None or not self.follows or not self._work.fixed.isVisible():
            return
        moving = self._session.dataset(registration.moving)
        fixed = self._session.dataset(registration.fixed)
        if (moving.ndim_space, fixed.ndim_space) != (2, 3):
            return
        try:
            self._turn(registration.id, fit=fit or not self._work.fixed.pane.is_free)
        except TiepointError:
            return

    def _turn(self, registration_id: str, *, fit: bool) -> None:
        pane = self._work.fixed.pane
        pane.show_plane(section_through_pairs(self._session, registration_id))
        registration = self._session.registration(registration_id)
        if fit:
            self._show_pairs(pane, registration)
        if self.warped:
            self._follow_fixed_plane()
        self._desk.register.show_marks()

    def _show_pairs(self, pane: Pane, registration: Registration) -> None:
        """Show the moving image and its surroundings, or, without a fit, all the pairs."""
        if self._session.locating.are_related(registration.moving, registration.fixed):
            pane.fit_dataset(registration.moving, ROUND_THE_IMAGE)
            return
        places = np.array([pair.fixed for pair in registration.pairs], float)
        flat = (places - pane.plane.origin_zyx) @ pane.plane.basis - pane.base
        pane.host.look_at(flat.min(axis=0), flat.max(axis=0), ROUND_THE_IMAGE)

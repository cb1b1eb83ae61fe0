"""Watching the error at a target: its course, what is needed, where to click next, hatching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from tiepoint.gui.feedback import attempt
from tiepoint.project import edits
from tiepoint.session.trust import distrust
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.hatching import Hatching
from tiepoint.viewer.registration_marks import Watched

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.project.document import Edit
    from tiepoint.session.monitoring import Course, NextClick, Place
    from tiepoint.support.tasks import Task
    from tiepoint.viewer.pane import Pane

PLOT_AFTER_MS = 60
HATCH_AFTER_MS = 80
BARE = ("difference", "edges")
"""Ways of comparing whose picture hatching would hide."""


class MonitorController(QObject):
    """Keeps the plot, the advice and the hatching in step, a little after the clicks."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.panel = desk.register_panel.monitor
        self.hatched = True
        self.next_click: NextClick | None = None
        self._plotting: Task[None] | None = None
        self._plot = self._timer(PLOT_AFTER_MS, self._show_course)
        self._hatch = self._timer(HATCH_AFTER_MS, self.show_hatching)
        self.panel.place_chosen.connect(self._choose)
        self.panel.needed_changed.connect(self.set_needed)
        self.panel.hatching_wanted.connect(self._set_hatched)
        QTimer.singleShot(0, self, self._show_tick)

    def _timer(self, after_ms: int, action: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(action)
        return timer

    @property
    def _id(self) -> str:
        registration = self._desk.register.registration
        return registration.id if registration else ""

    # -- place and need ------------------------------------------------------------------

    def place(self) -> Place | None:
        """Return the place watched: the one chosen, else the first region marked in the image."""
        registration = self._desk.register.registration
        if registration is None:
            return None
        chosen = registration.watched
        if chosen is None:
            chosen = self._session.monitoring.places(registration.id)[0][0]
        return self._session.monitoring.place(registration.id, chosen)

    def needed(self) -> float | None:
        """Return the error that is needed there, in the fixed dataset's unit."""
        registration = self._desk.register.registration
        return registration.needed if registration is not None else None

    def watched(self) -> Watched:
        """Return what the marks show of this."""
        return Watched(self.place(), self.next_click)

    def _choose(self, region_id: str) -> None:
        if self._id:
            self._apply("Watch the error elsewhere", edits.set_watched(self._id, region_id))

    def set_needed(self, needed: float) -> None:
        """Set the error that is just acceptable (95 %), fixed unit; 0: none."""
        if self._id:
            self._apply("Error needed", edits.set_needed(self._id, needed if needed > 0 else None))

    def _apply(self, label: str, edit: Edit) -> None:
        attempt(self._desk, lambda: self._session.document.apply(label, edit))

    def edit_needed(self) -> None:
        """Go to the field for the error that is needed."""
        self._desk.show_panel(self._desk.register_panel)
        self.panel.needed.setFocus()
        self.panel.needed.selectAll()

    # -- following -----------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over a changed registration; the plot follows a moment later."""
        key, place = self._id, self.place()
        self.next_click = None
        if place is not None:
            self.next_click = self._session.monitoring.next_click(key, place)
            self.panel.show_places(self._session.monitoring.places(key), place.key)
        self.panel.setEnabled(place is not None)
        self._plot.start()
        self._hatch.start()

    def _show_course(self) -> None:
        place = self.place()
        if place is None:
            self.panel.show_course(None, None)
            return
        if self._plotting is not None:
            self._plotting.cancel()
        key, monitoring = self._id, self._session.monitoring
        self._plotting = self._desk.tasks.start_quietly(
            lambda control: monitoring.course(key, place, control),
            self._on_course,
            self._desk.status.say,
        )

    def _on_course(self, course: Course) -> None:
        self.panel.show_course(course, self.needed())

    # -- where to click next ---------------------------------------------------------------

    def go_next(self) -> None:
        """Centre the panes on the place where one more pair would help most."""
        click = self.next_click
        if click is None:
            self._desk.status.say("No further pair would help much here.")
            return
        self._desk.register.centre_on({"moving": click.moving, "fixed": click.fixed})

    # -- hatching --------------------------------------------------------------------------

    def view_changed(self) -> None:
        """Hatch anew a moment after the view has moved."""
        self._hatch.start()

    def toggle_hatching(self) -> None:
        """Hatch, or do not hatch, what is not to be trusted."""
        self.panel.hatching.setChecked(not self.hatched)

    def _set_hatched(self, on: bool) -> None:
        self.hatched = on
        self._show_tick()
        self.show_hatching()

    def _show_tick(self) -> None:
        self._desk.set_checked("monitor.toggle_hatching", self.hatched)

    def show_hatching(self) -> None:
        """Hatch the blended pane where the error is too large or extrapolated."""
        for pane in self._desk.workspace.panes:
            wanted = self.hatched and pane.isVisible() and not pane.shows_hidden
            wanted = wanted and self._desk.comparing.mode not in BARE
            pane.marks.show_hatching(self._hatching(pane) if wanted else None)

    def _hatching(self, pane: Pane) -> Hatching | None:
        registration = self._desk.register.registration
        if registration is None or pane.frame is None or registration.moving not in pane.shown:
            return None
        low, high = (corner + pane.base for corner in pane.host.visible_rectangle())
        try:
            found = distrust(
                self._session, registration.id, pane.frame, pane.plane, (low, high), self.needed()
            )
        except TiepointError:
            return None
        if found is None or not found.cells.any():
            return None
        return Hatching(found.low - pane.base, found.high - pane.base, found.cells)

    def stop(self) -> None:
        """Forget what is still to be drawn."""
        self._plot.stop()
        self._hatch.stop()

"""The 3D view: what it shows, kept in step with the project and the section."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from tiepoint.gui.resting import Resting
from tiepoint.gui.turns import Turns
from tiepoint.session import in_space
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled
from tiepoint.viewer.colours import FIXED

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.in_space import Body
    from tiepoint.support.tasks import Task, TaskControl

SETTLE_MS = 120
PREPARE_EVERY_MS = 1000


class SpaceController(QObject):
    """Switches between the section and space, and fills space."""

    _made = Signal(int, str, object, object)
    _refused = Signal(int, str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._work = desk.workspace
        self._generation = 0
        self._task: Task[None] | None = None
        self._turns = Turns(self)
        self._entering = False
        self._frame = ""
        self._around: tuple[np.ndarray, float] | None = None
        self._bodies: dict[str, tuple[object, ...]] = {}
        self._notes: dict[str, str] = {}
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._resting = Resting()
        self._preparing = QTimer(self)
        self._preparing.setInterval(PREPARE_EVERY_MS)
        self._preparing.timeout.connect(self._prepare)
        self._preparing.start()
        self._made.connect(self._on_made, Qt.ConnectionType.QueuedConnection)
        self._refused.connect(self._refuse, Qt.ConnectionType.QueuedConnection)
        self.bar = bar = desk.workspace.space_bar
        bar.rendering_chosen.connect(self._set_rendering)
        bar.cut_chosen.connect(lambda _name: self._cut())
        bar.section_wanted.connect(lambda _on: self.refresh())
        bar.picture_wanted.connect(self.save_picture)
        bar.flat_wanted.connect(self.toggle)

    @property
    def is_on(self) -> bool:
        """Whether space is shown instead of the section."""
        return self._work.shows_space

    @property
    def busy(self) -> bool:
        """Whether something is still to be shown."""
        running = self._task is not None and not self._task.done
        return self._settle.isActive() or self._turns.busy or running

    def toggle(self) -> None:
        """Show space, or go back to the section where it was."""
        if self.is_on or self._entering:
            self._leave()
        elif self._work.main.frame is None:
            self._desk.status.say("Add a dataset first.")
        else:
            self._entering = True
            for piece in (self._work.make_space, self._appear, self._begin, self.refresh):
                self._turns.add(piece)
        self._desk.set_checked("space.toggle", self.is_on or self._entering)

    def _appear(self) -> None:
        self._entering = False
        self._work.show_space(True)

    def _leave(self) -> None:
        self._stop()
        self._entering = False
        if self.is_on:
            self._work.show_space(False)
            self._desk.views.refresh()

    def _prepare(self) -> None:
        """Make the canvas while the person rests, so that it is there when it is asked for."""
        volumes = any(d.ndim_space == 3 for d in self._session.project.datasets)
        if volumes and self._desk.isVisible() and self._resting() and not self._desk.busy:
            self._preparing.stop()
            self._work.make_space()

    def follow(self) -> None:
        """Show what has changed, once it has settled."""
        if self.is_on:
            self._settle.start()

    def refresh(self) -> None:
        """Compute anew what has changed."""
        main = self._work.main
        if not self.is_on or main.frame is None:
            return
        if main.frame != self._frame:
            self._begin()
        self._stop()
        generation, frame, plane = self._generation, main.frame, main.plane
        shown = [self._session.dataset(i) for i in main.shown]
        self._add_marks(frame)
        wanted = self._wanted(shown)
        self._work.space.keep({*wanted, "marks", "regions", "errors"})
        self._bodies = {key: made for key, made in self._bodies.items() if key in wanted}
        todo = [(k, d) for k, d in wanted.items() if self._bodies.get(k) != self._state(k, d)]

        def work(control: TaskControl) -> None:
            try:
                for key, dataset in todo:
                    control.check()
                    if key.startswith("section"):
                        body = in_space.section_of(self._session, dataset, frame, plane, control)
                    else:
                        body = in_space.body_of(self._session, dataset, frame, control)
                    self._made.emit(generation, key, dataset, body)
            except TiepointError as error:
                self._refused.emit(generation, str(error))
            except Cancelled:
                return

        self._task = self._session.tasks.start("Drawing in space", work)
        self._cut()

    def _wanted(self, shown: list[Dataset]) -> dict[str, Dataset]:
        wanted = {f"body {d.id}": d for d in shown}
        if self.bar.section.isChecked():
            wanted |= {f"section {d.id}": d for d in shown if d.ndim_space == 3}
        return wanted

    def _state(self, key: str, dataset: Dataset) -> tuple[object, ...]:
        """Return all on which a body depends."""
        main, project = self._work.main, self._session.project
        place: tuple[object, ...] = (main.frame, project.registrations, project.view.minutes)
        if key.startswith("section"):
            place = (*place, main.plane)
        return (dataset, *place)

    def _begin(self) -> None:
        """Start anew, unless the same is shown round the same place as before."""
        main = self._work.main
        assert main.frame is not None
        reach = self._session.drawing.bounds_in_plane
        boxes = [reach(i, main.frame, main.plane) for i in main.shown]
        size = max((float((box[1] - box[0]).max()) for box in boxes if box is not None), default=1)
        centre = main.position_in_frame(main.view_centre)
        volumes = [i for i in main.shown if self._session.dataset(i).ndim_space == 3]
        if volumes:
            centre = self._centre_of(volumes[0], main.frame)
        if main.frame == self._frame and self._around is not None:
            before, size_before = self._around
            if np.allclose(centre, before) and 0.5 < size / size_before < 2:
                return
        self._frame, self._bodies, self._around = main.frame, {}, (centre, size)
        self._notes.clear()
        self._work.space.begin(centre, size, main.unit)

    def _centre_of(self, dataset_id: str, frame: str) -> np.ndarray:
        from tiepoint.data.sampling import bounds

        middle = bounds(self._session.dataset(dataset_id)).mean(axis=0)
        return np.asarray(
            self._session.locating.frame_transform(dataset_id, frame)(middle[None])[0]
        )

    def _on_made(self, generation: int, key: str, dataset: Dataset, body: Body | None) -> None:
        if generation == self._generation:
            self._turns.add(partial(self._show, key, dataset, body))

    def _show(self, key: str, dataset: Dataset, body: Body | None) -> None:
        self._bodies[key] = self._state(key, dataset)
        if body is None:
            self._work.space.remove(key)
            return
        limits = self._session.drawing.limits_if_known(dataset)
        self._work.space.show_body(key, dataset, body, limits)
        self._notes[key] = f"{dataset.name}: {body.words}" if body.words else ""
        self.bar.say(" · ".join(filter(None, self._notes.values())))
        self._cut()

    def _refuse(self, generation: int, words: str) -> None:
        if generation == self._generation:
            self._desk.status.say(words)

    def _add_marks(self, frame: str) -> None:
        session, space = self._session, self._work.space
        lines, colours, errors = [], [], []
        volumes = [d for d in map(session.dataset, self._work.main.shown) if d.ndim_space == 3]
        places, marks = self._pair_places(frame)
        for region in session.project.regions:
            line = in_space.outline_of(session, region, frame)
            if line is None:
                continue
            if len(line) > 1:
                lines.append(line)
                colours.append(region.colour)
            else:
                places.append(line[0])
                marks.append(region.colour)
            found = in_space.ellipsoid_of(session, region, volumes[0], frame) if volumes else None
            errors += [found] if found is not None else []
        where = np.array(places, float).reshape(-1, 3)
        self._turns.add(partial(space.show_outlines, "regions", lines, colours))
        self._turns.add(partial(space.show_places, "marks", where, marks))
        self._turns.add(partial(space.show_ellipsoids, "errors", errors))

    def _pair_places(self, frame: str) -> tuple[list[np.ndarray], list[str]]:
        registration = self._desk.register.registration
        if registration is None or not registration.pairs:
            return [], []
        fixed = self._session.dataset(registration.fixed)
        points = np.array([pair.fixed for pair in registration.pairs], float)
        full = points if fixed.ndim_space == 3 else np.pad(points, ((0, 0), (1, 0)))
        try:
            there = self._session.locating.frame_transform(fixed.id, frame)(full)
        except TiepointError:
            return [], []
        return list(there), [FIXED] * len(there)

    # -- looks ---------------------------------------------------------------------------

    def _set_rendering(self, name: str) -> None:
        self._work.space.set_rendering(name)

    def _cut(self) -> None:
        cut = self.bar.cut.currentData()
        plane = self._work.main.plane if cut else None
        self._work.space.clip(plane, behind=cut == "back")

    def save_picture(self) -> None:
        """Save what space shows as a PNG."""
        if not self.is_on:
            self._desk.status.say("Show the 3D view first (Ctrl+Y).")
            return
        name, _ = QFileDialog.getSaveFileName(
            self._desk, "Save picture", "space.png", "PNG pictures (*.png)"
        )
        if name:
            self.write_picture(Path(name))

    def write_picture(self, path: Path) -> None:
        """Write what space shows.

        Raises
        ------
        TiepointError
            If it cannot be written.
        """
        from PIL import Image

        try:
            Image.fromarray(self._work.space.picture()).save(path)
        except OSError as error:
            raise TiepointError(f"{path.name} cannot be written: {error.strerror}.") from error
        self._desk.status.say(f"Saved {path.name}.")

    def _stop(self) -> None:
        self._generation += 1
        self._settle.stop()
        self._turns.cancel()
        if self._task is not None:
            self._task.cancel()

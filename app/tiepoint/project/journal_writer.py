"""Writing the journal in the background, so that an edit never waits for the disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import TYPE_CHECKING, Literal

from tiepoint.project.journal import JournalError, JournalFile, new_journal_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.journal import About
    from tiepoint.support.arrays import AnyArray

PAUSE_S = 0.2
RETRY_S = 5.0
CLOSING_S = 5.0


@dataclass(frozen=True)
class Keeping:
    """How unsaved changes are kept at this moment.

    Attributes
    ----------
    state
        ``"nothing"``: there are none; ``"writing"``; ``"kept"``: all are on the disk;
        ``"failing"``: the disk refuses.
    problem
        Why it refuses, in words.
    """

    state: Literal["nothing", "writing", "kept", "failing"] = "nothing"
    problem: str = ""


@dataclass
class _Job:
    """What is to be written next: the latest value and everything that led to it."""

    project: Project
    entries: dict[str, HistoryEntry] = field(default_factory=dict)
    arrays: dict[str, AnyArray] = field(default_factory=dict)


class JournalWriter:
    """Keeps the changes of one project in a journal, written by a thread of its own.

    The first change after a save makes a journal, the save removes it. Changes that come faster
    than five in a second are written together.

    Parameters
    ----------
    folder
        Where journals lie.
    about
        Asked whenever a journal is begun.
    heard
        Called from the writing thread whenever `keeping` changes.
    """

    def __init__(
        self,
        folder: Path,
        about: Callable[[], About],
        heard: Callable[[], object] = lambda: None,
    ) -> None:
        self._folder, self._about = folder, about
        self.heard = heard
        self._turn = Condition()
        self._job: _Job | None = None
        self._busy = self._closing = self._forget = False
        self._file: JournalFile | None = None
        self._keeping = Keeping()
        self._thread = Thread(target=self._run, name="tiepoint-journal", daemon=True)
        self._thread.start()

    @property
    def keeping(self) -> Keeping:
        """How unsaved changes are kept at this moment."""
        return self._keeping

    @property
    def path(self) -> Path | None:
        """The journal, where there is one."""
        file = self._file
        return file.path if file is not None else None

    def record(
        self,
        project: Project,
        entries: tuple[HistoryEntry, ...],
        arrays: Mapping[str, AnyArray] | None = None,
    ) -> None:
        """Have a value kept; returns at once."""
        with self._turn:
            job = self._job or _Job(project)
            job.project = project
            job.entries.update((entry.id, entry) for entry in entries)
            job.arrays.update(arrays or {})
            self._job = job
            self._keeping = Keeping("writing")
            self._turn.notify_all()
        self.heard()

    def forget(self) -> None:
        """Remove the journal: a file holds everything, or nobody wants it."""
        with self._turn:
            self._job, self._forget = None, True
            self._turn.notify_all()

    def flush(self, timeout_s: float = CLOSING_S) -> bool:
        """Wait until everything is on the disk; answers whether it is."""
        with self._turn:
            self._turn.wait_for(lambda: self._rests or self._keeping.state == "failing", timeout_s)
            return self._rests and self._keeping.state != "failing"

    def close(self, *, keep: bool = False) -> None:
        """End; unless `keep`, the journal is removed."""
        with self._turn:
            if not keep:
                self._job, self._forget = None, True
            self._closing = True
            self._turn.notify_all()
        self._thread.join(CLOSING_S)

    @property
    def _rests(self) -> bool:
        return self._job is None and not self._busy and not self._forget

    # -- on the thread -------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._job or self._forget or self._closing)
                job, self._job = self._job, None
                forget, self._forget = self._forget, False
                closing = self._closing
                self._busy = True
            done = self._one_turn(job, forget)
            if closing:
                self._close(self._file, remove=False)
            with self._turn:
                self._busy = False
                self._turn.notify_all()
                if closing:
                    return
                if job is not None:
                    pause = PAUSE_S if done else RETRY_S
                    self._turn.wait_for(lambda: self._closing or self._forget, pause)

    def _one_turn(self, job: _Job | None, forget: bool) -> bool:
        """Write what is new, then remove what is no longer needed."""
        old = self._file if forget else None
        if forget:
            self._file = None
        done = self._write(job) if job is not None else True
        if forget:
            self._close(old, remove=True)
            if job is None:
                self._say(Keeping())
        return done

    def _write(self, job: _Job) -> bool:
        try:
            if self._file is None:
                self._file = JournalFile(new_journal_path(self._folder), self._about())
            self._file.append(job.project, job.entries.values(), job.arrays)
        except JournalError as error:
            self._put_back(job)
            self._say(Keeping("failing", str(error)))
            return False
        self._say(Keeping("kept"))
        return True

    def _put_back(self, job: _Job) -> None:
        """Have it written at the next turn, with what came meanwhile."""
        with self._turn:
            later = self._job
            if self._forget or self._closing:
                return
            if later is not None:
                job.project = later.project
                job.entries.update(later.entries)
                job.arrays.update(later.arrays)
            self._job = job

    @staticmethod
    def _close(file: JournalFile | None, *, remove: bool) -> None:
        if file is not None:
            file.close(remove=remove)

    def _say(self, keeping: Keeping) -> None:
        with self._turn:
            if self._job is not None and keeping.state == "kept":
                return
            changed, self._keeping = keeping != self._keeping, keeping
        if changed:
            self.heard()

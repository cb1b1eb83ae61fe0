"""The document: the current project value, undo and redo, and one signal.

Values are immutable, so a thread may keep and read any of them; only the thread that made the
document edits it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.model.project import Project
from tiepoint.project.consistency import require_consistent
from tiepoint.project.history import HistoryEntry, entry_of, now
from tiepoint.project.past import NO_PAST, Past, with_present_links
from tiepoint.project.signal import Signal
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable

Edit = Callable[[Project], Project]
MOST_ENTRIES = 2000
MOST_STATES = 300


@dataclass(frozen=True)
class Step:
    """One undoable step.

    Attributes
    ----------
    label
        What was done, in the words of the Edit menu.
    value
        The project to go back to (undo list) or forward to (redo list).
    when, author
        ISO 8601 time (UTC) and name.
    """

    label: str
    value: Project
    when: str
    author: str


class Document:
    """The one mutable place: which project value is current.

    Parameters
    ----------
    project
        The value to begin with; it counts as saved.
    author
        Recorded with every edit.
    history
        What was done before (from the project file).
    past
        States to which one can go back (from the project file).

    Attributes
    ----------
    changed
        Emits ``(old, new)`` after every change of the current value.
    """

    def __init__(
        self,
        project: Project,
        author: str = "",
        history: Iterable[HistoryEntry] = (),
        past: Past = NO_PAST,
    ) -> None:
        self.changed: Signal[Project, Project] = Signal()
        self.author = author
        self._project = project
        self._saved: Project | None = project
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._history = list(history)
        self.past = past
        self._states: dict[str, Project] = {}
        self._merge_key: str | None = None
        self._thread = threading.get_ident()
        self._emitting = False

    @property
    def project(self) -> Project:
        """The current value."""
        return self._project

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """Every operation, oldest first, undone ones included."""
        return tuple(self._history)

    @property
    def states(self) -> dict[str, Project]:
        """Values after the latest operations of this document, by the operation's id."""
        return dict(self._states)

    @property
    def saved(self) -> Project | None:
        """The value that the file holds; ``None`` if there is no such file."""
        return self._saved

    @property
    def undo_labels(self) -> tuple[str, ...]:
        """What can be undone, latest first."""
        return tuple(step.label for step in reversed(self._undo))

    @property
    def redo_labels(self) -> tuple[str, ...]:
        """What can be redone, next first."""
        return tuple(step.label for step in reversed(self._redo))

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return bool(self._redo)

    @property
    def is_modified(self) -> bool:
        """Whether the current value differs from the saved one."""
        return self._project is not self._saved and self._project != self._saved

    def mark_saved(self, project: Project | None = None) -> None:
        """Note that `project` (the current value if not given) is what the file holds."""
        self._require_thread()
        self._saved = self._project if project is None else project

    def mark_unsaved(self) -> None:
        """Note that no file holds the current value (a recovered or a converted project)."""
        self._require_thread()
        self._saved = None

    def apply(self, label: str, edit: Edit, merge_key: str | None = None) -> Project:
        """Edit the project and return the new value; an edit without effect leaves no step.

        Parameters
        ----------
        label
            What the edit does, in the words of the Edit menu.
        edit
            A pure function; if it raises, nothing has changed.
        merge_key
            Consecutive edits with the same key (a drag) are one undo step until
            `finish_merge`, another edit, an undo or a redo.

        Raises
        ------
        TiepointError
            If the edit refuses, or if its result is not a consistent project.
        RuntimeError
            On another thread than the document's, or from inside a listener of `changed`.
        """
        self._require_thread()
        old = self._project
        new = edit(old)
        if new is old or new == old:
            return old
        require_consistent(new, known_good=old)
        continues = merge_key is not None and merge_key == self._merge_key and self._undo
        if not continues:
            self._undo.append(Step(label, old, now(), self.author))
            self._note(label, new)
        self._keep(new)
        self._merge_key = merge_key
        self._redo.clear()
        self._set(new)
        return new

    def finish_merge(self) -> None:
        """End a drag: the next edit is a step of its own even with the same merge key."""
        self._require_thread()
        self._merge_key = None

    def undo(self) -> str | None:
        """Undo one step and return its label; ``None`` if there is none."""
        return self._move(self._undo, self._redo, "Undo")

    def redo(self) -> str | None:
        """Redo one step and return its label; ``None`` if there is none."""
        return self._move(self._redo, self._undo, "Redo")

    def _move(self, source: list[Step], target: list[Step], word: str) -> str | None:
        self._require_thread()
        self._merge_key = None
        if not source:
            return None
        step = source.pop()
        target.append(Step(step.label, self._project, step.when, step.author))
        self._note(f"{word}: {step.label}", step.value)
        self._keep(step.value)
        self._set(step.value)
        return step.label

    # -- going back ----------------------------------------------------------------------

    def can_go_to(self, entry_id: str) -> bool:
        """Whether the state after an operation is still known."""
        return entry_id in self._states or entry_id in self.past.states

    def state_after(self, entry_id: str) -> Project:
        """Return the state after an operation of the history.

        Raises
        ------
        TiepointError
            If it is no longer known, or damaged.
        """
        if entry_id in self._states:
            return self._states[entry_id]
        if entry_id in self.past.states:
            return self.past.project(entry_id)
        raise TiepointError("This state is older than those that are kept.")

    def go_to(self, entry_id: str) -> Project:
        """Make the state after an operation the current one, as a new step.

        Nothing is lost: what was done since stays in the history and can be gone to in turn. Data
        that have the same content stay linked where they are now.

        Raises
        ------
        TiepointError
            As for `state_after`.
        """
        entry = next((e for e in self._history if e.id and e.id == entry_id), None)
        if entry is None:
            raise TiepointError("This operation is not in the history.")
        value = with_present_links(self.state_after(entry_id), self._project)
        label = f"Go back to: {entry.label.removeprefix('Go back to: ')}"
        return self.apply(label, lambda _: value)

    def learn(self, history: Iterable[HistoryEntry], past: Past) -> None:
        """Take over what others did, with the states to which one can go back, in order of time."""
        self._require_thread()
        known = {entry.id for entry in self._history}
        new = [entry for entry in history if entry.id and entry.id not in known]
        self._history = sorted([*self._history, *new], key=lambda entry: entry.when)
        self.past = Past({**past.states, **self.past.states}, {**past.parts, **self.past.parts})

    def _note(self, label: str, new: Project) -> None:
        self._history.append(entry_of(label, self.author, self._project, new))
        del self._history[:-MOST_ENTRIES]

    def _keep(self, value: Project) -> None:
        """Note the value after the latest operation."""
        self._states[self._history[-1].id] = value
        if len(self._states) > MOST_STATES:
            del self._states[next(iter(self._states))]

    def _set(self, new: Project) -> None:
        old, self._project = self._project, new
        self._emitting = True
        try:
            self.changed.emit(old, new)
        finally:
            self._emitting = False

    def _require_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("a document is edited only on the thread that made it")
        if self._emitting:
            raise RuntimeError("a listener of `changed` must not edit the document it hears from")

"""Coarser levels of large data: which gain from them, making them in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.data.copies.make import NoCopyError
from tiepoint.data.pyramids.cached import is_worth, levels_name, make_levels
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import TaskControl

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session


class Pyramids:
    """What a session knows about the levels that it makes of files without any.

    They lie among the local copies: found by the file's content, limited and cleaned up with
    these, and never needed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def wanted(self, dataset: Dataset) -> bool:
        """Whether levels are worth making: large data without any, none made yet."""
        store = self._session.store
        if store.copies is None or dataset.link is None or store.has(dataset):
            return False
        if levels_name(dataset.link) is None or self._session.linking.problem(dataset):
            return False
        try:
            return is_worth(store.draft(dataset)) and not store.cached_levels(dataset)
        except TiepointError:  # told where it is shown
            return False

    def make(self, dataset: Dataset, control: TaskControl | None = None) -> None:
        """Make the levels of a dataset; afterwards the store has them.

        Somebody who looks at something new meanwhile goes first.

        Raises
        ------
        NoCopyError
            In words, if there is no room, copies are switched off, or the file changed while it
            was read. Everything works on without.
        """
        folder = self._session.store.copies
        name = levels_name(dataset.link) if dataset.link is not None else None
        if folder is None or name is None:
            raise NoCopyError(
                f"No levels of {dataset.name} are made: copies are switched off in the preferences,"
                " or it is no file."
            )
        task = control or TaskControl()

        def progress(share: float) -> None:
            task.progress(share)
            self._session.drawing.courtesy.give_way(task)

        draft = self._session.store.draft(dataset)
        scheduler = self._session.machines.scheduler
        make_levels(draft, folder, name, dataset.name, progress, scheduler)
        if dataset.link is None or levels_name(dataset.link) != name:
            folder.remove(name)
            raise NoCopyError(f"{dataset.name} changed while it was read; open it again.")

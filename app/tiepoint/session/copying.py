"""Local copies of spectrum images: which gain from one, making it, cleaning up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.data.copies.folder import default_folder, fingerprint
from tiepoint.data.copies.make import NoCopyError, is_worth, make_copy
from tiepoint.support.errors import TiepointError
from tiepoint.support.settings import load_settings

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.tasks import TaskControl


class Copying:
    """What a session knows about local copies.

    A copy holds the same values as its file in a form that answers a dragged window at once. It is
    made in the background (`make` in a task), found by the file's content, and never needed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.use(load_settings().copies_limit_gb)

    def use(self, limit_gb: float) -> None:
        """Let copies take so many GB of the disk; 0: none are made or used."""
        store = self._session.store
        store.forget_copies()
        store.copies = default_folder(int(limit_gb * 1e9)) if limit_gb > 0 else None
        if store.copies is not None:
            store.copies.shrink()

    def has(self, dataset: Dataset) -> bool:
        """Whether a dataset is read from a copy."""
        store = self._session.store
        return _holds_spectra(dataset) and store.array(dataset) is not store.original(dataset)

    def wanted(self, dataset: Dataset) -> bool:
        """Whether a copy is worth making: a large spectrum image in a slow form, none yet."""
        if self._session.store.copies is None or not _holds_spectra(dataset):
            return False
        return not self.has(dataset) and is_worth(
            self._session.store.original(dataset), _place(dataset)
        )

    def make(self, dataset: Dataset, control: TaskControl | None = None) -> None:
        """Make the copy of a spectrum image; afterwards the store reads from it.

        Raises
        ------
        NoCopyError
            In words, if there is no room, copies are switched off, or the file changed while it
            was read. Everything works on without.
        """
        folder = self._session.store.copies
        name = fingerprint(dataset.link) if dataset.link is not None else None
        if folder is None or name is None or not _holds_spectra(dataset):
            raise NoCopyError(
                f"No copy of {dataset.name} is made: copies are switched off in the preferences,"
                " or it is no spectrum image in a file."
            )
        facts = {"tiepoint_copy_of": dataset.name, "fingerprint": name}
        progress = control.progress if control is not None else None
        source = self._session.store.original(dataset)
        make_copy(source, _place(dataset), folder, name, facts, progress)
        if dataset.link is None or fingerprint(dataset.link) != name:
            folder.remove(name)
            raise NoCopyError(f"{dataset.name} changed while it was copied; open it again.")

    @property
    def bytes(self) -> int:
        """What all copies on this computer take."""
        folder = self._session.store.copies
        return folder.bytes if folder is not None else 0

    def clear(self) -> None:
        """Remove all copies from this computer; projects lose nothing."""
        folder = self._session.store.copies
        if folder is not None:
            self._session.store.forget_copies()
            folder.clear()


def _holds_spectra(dataset: Dataset) -> bool:
    return dataset.kind == "spectrum image" and dataset.link is not None and len(dataset.axes) == 3


def _place(dataset: Dataset) -> int:
    for index, axis in enumerate(dataset.axes):
        if axis.role == "energy":
            return index
    raise TiepointError(f"{dataset.name} holds no spectra: choose a spectrum image.")

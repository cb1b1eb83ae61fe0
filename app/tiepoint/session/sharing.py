"""Writing a copy of a project for other people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.share import Shared, known_names, shared
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.project.file import SaveReport
    from tiepoint.session.session import Session


@dataclass(frozen=True)
class SharedCopy:
    """A shared copy that was written.

    Attributes
    ----------
    report
        Of the save.
    sentences
        What was removed, in words.
    """

    report: SaveReport
    sentences: tuple[str, ...]


def preview(session: Session) -> Shared:
    """Return what would be shared, to say beforehand what is removed."""
    document = session.document
    names = known_names(session.project, document.history, document.author)
    return shared(session.project, document.history, names)


def share(session: Session, path: Path | str) -> Callable[[], SharedCopy]:
    """Prepare a shared copy; the function returned writes it, on any thread.

    Maps and thumbnails go with it; earlier states and packed data files do not, since names may
    stand in them.

    Raises
    ------
    TiepointError
        If the path is that of the project itself, or the copy cannot be written.
    """
    from tiepoint.project.file import save, with_suffix

    target = with_suffix(Path(path).expanduser())
    if target == session.path:
        raise TiepointError("Choose another name: the copy must not replace the project itself.")
    found = preview(session)
    project = session.project
    arrays = {**session.computed_of(project), **session.thumbnails.of(project)}

    def write() -> SharedCopy:
        report = save(found.project, target, arrays=arrays, history=found.history)
        return SharedCopy(report, found.sentences)

    return write

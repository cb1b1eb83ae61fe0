"""Opening in two steps, so that a window stands still for none: reading, then showing.

`read_project` may run on any thread and be stopped; `Session.of` makes a session of what it read,
on the thread that is to edit it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.project.past import NO_PAST, PAST_KEY, Past, past_from_array
from tiepoint.project.progress import silent
from tiepoint.project.space import Space
from tiepoint.session.packing import unpacked
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.file import LoadedProject
    from tiepoint.project.links import LinkStatus
    from tiepoint.support.tasks import TaskControl


@dataclass(frozen=True, eq=False)
class Opened:
    """A project file, read and understood; nothing of it is shown yet.

    Attributes
    ----------
    project
        With the data files where they are now, unpacked ones included.
    links
        By dataset id: where its data are.
    past
        States to which one can go back.
    notices
        Sentences to tell the person.
    """

    path: Path
    loaded: LoadedProject
    project: Project
    links: dict[str, LinkStatus]
    past: Past
    notices: tuple[str, ...]


def fitted(opened: Opened) -> Opened:
    """Fit the registrations of what was read, on the same thread, before it is seen.

    The fits are remembered; whoever shows the project finds them ready.
    """
    with suppress(TiepointError):  # whoever needs what fails says so
        _ = Space(opened.project).graph
    return opened


def read_project(path: Path | str, control: TaskControl | None = None) -> Opened:
    """Read a project file; may run on any thread.

    Raises
    ------
    TiepointError
        If it is not a project file, or is damaged.
    Cancelled
        If the task was cancelled.
    """
    from tiepoint.project.file import load

    path = Path(path).expanduser().absolute()
    loaded = load(path, progress=control.progress if control is not None else silent)
    past = past_from_array(loaded.arrays[PAST_KEY]) if PAST_KEY in loaded.arrays else NO_PAST
    project, links, problems = unpacked(loaded.project, loaded.links, loaded.arrays)
    lost = {status.sentence for status in loaded.links.values() if status.sentence}
    still = {status.sentence for status in links.values()}
    notices = (*(words for words in loaded.warnings if words not in lost - still), *problems)
    return Opened(path, loaded, project, links, past, notices)

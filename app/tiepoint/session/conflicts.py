"""What differs between one's own version and the one that somebody else saved meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.project.compare import Difference, differences
from tiepoint.project.merge import merge
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tiepoint.model.project import Project
    from tiepoint.project.merge import Key, Merged, Side
    from tiepoint.session.opening import Opened
    from tiepoint.session.saving import Snapshot


@dataclass(frozen=True, eq=False)
class Conflict:
    """Two versions that go back to the same one.

    Attributes
    ----------
    path
        The file, as the other one saved it.
    author, when
        Who saved it last, and the moment of the last operation in it (ISO 8601, UTC); empty where
        the file does not say.
    differences
        Item by item.
    base
        The version that both go back to; ``None`` where it is not known.
    mine
        What I wanted to save.
    theirs
        What the file holds.
    """

    path: Path
    author: str
    when: str
    differences: tuple[Difference, ...]
    base: Project | None
    mine: Project
    theirs: Opened

    def merged(self, choices: Mapping[Key, Side] | None = None) -> Merged:
        """Return both versions in one, for the choices made so far; nothing is changed.

        Raises
        ------
        TiepointError
            If the two cannot be merged.
        """
        if self.base is None:
            raise TiepointError("What both of you started from is not known here.")
        return merge(self.base, self.mine, self.theirs.project, choices)

    def copy_path(self) -> Path:
        """Return a free name beside the file for one's own version."""
        number, copy = 2, self.path.with_stem(f"{self.path.stem} copy")
        while copy.exists():
            copy = self.path.with_stem(f"{self.path.stem} copy {number}")
            number += 1
        return copy


def conflict_of(snapshot: Snapshot) -> Conflict:
    """Read the version that somebody else saved, and compare; may run on any thread.

    Raises
    ------
    TiepointError
        If their file cannot be read.
    """
    from tiepoint.session.opening import read_project

    theirs = read_project(snapshot.target)
    history = theirs.loaded.history
    last = history[-1] if history else None
    return Conflict(
        path=snapshot.target,
        author=last.author if last else "",
        when=last.when if last else "",
        differences=differences(snapshot.project, theirs.project, snapshot.base),
        base=snapshot.base,
        mine=snapshot.project,
        theirs=theirs,
    )

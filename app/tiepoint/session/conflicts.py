"""What differs between one's own version and the one that somebody else saved meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.project.compare import Difference, differences

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.session.saving import Snapshot


@dataclass(frozen=True)
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
    """

    path: Path
    author: str
    when: str
    differences: tuple[Difference, ...]

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
    from tiepoint.project.file import load

    theirs = load(snapshot.target)
    last = theirs.history[-1] if theirs.history else None
    return Conflict(
        path=snapshot.target,
        author=last.author if last else "",
        when=last.when if last else "",
        differences=differences(snapshot.project, theirs.project, snapshot.base),
    )

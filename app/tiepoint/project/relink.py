"""Relinking: finding data files again in a folder, by their content whatever they are called."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from tiepoint.project.fingerprints import content_hash, fast_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tiepoint.model.dataset import Dataset, Link
    from tiepoint.model.project import Project
    from tiepoint.project.document import Edit

MAX_FILES = 200_000


class Verdict(StrEnum):
    """What a search found for a dataset."""

    SAME = "same data moved"
    CHANGED = "data changed"
    MISSING = "not found"


@dataclass(frozen=True)
class Proposal:
    """Where a dataset's file is proposed to be.

    Attributes
    ----------
    dataset
        Id.
    old
        Path in the project.
    new
        Path found; ``None`` where there is none.
    sentence
        Why, for the person.
    """

    dataset: str
    name: str
    old: str
    new: Path | None
    verdict: Verdict
    sentence: str


@dataclass
class FileIndex:
    """The files below a folder, by size and by name, and folders that are one dataset.

    Attributes
    ----------
    complete
        Whether all of it was seen.
    look
        Called while a file is read; raises to stop.
    """

    by_size: dict[int, list[Path]] = field(default_factory=dict)
    by_name: dict[str, list[Path]] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    complete: bool = True
    look: Callable[[], None] = lambda: None
    _hashes: dict[Path, str] = field(default_factory=dict)
    _contents: dict[Path, str] = field(default_factory=dict)

    def fast(self, path: Path) -> str:
        """Return the fast fingerprint of a file, read once; empty if it cannot be read."""
        if path not in self._hashes:
            self._hashes[path] = _readable(lambda: fast_hash(path))
        return self._hashes[path]

    def content(self, path: Path) -> str:
        """Return the hash of every byte, read once; empty if it cannot be read."""
        if path not in self._contents:
            self._contents[path] = _readable(lambda: content_hash(path, lambda _count: self.look()))
        return self._contents[path]


def _readable(read: Callable[[], str]) -> str:
    try:
        return read()
    except OSError:
        return ""


def index_folder(folder: Path, look: Callable[[], None] | None = None) -> FileIndex:
    """Return the files below a folder; links to folders are not followed.

    Parameters
    ----------
    look
        Called now and then; raises to stop.
    """
    index = FileIndex()
    count = 0
    for where, folders, files in os.walk(folder):
        folders.sort()
        index.folders += [Path(where, name) for name in folders]
        if look is not None:
            look()
        for name in sorted(files):
            path = Path(where, name)
            try:
                facts = path.stat()
            except OSError:
                continue
            if not stat.S_ISREG(facts.st_mode):
                continue
            index.by_size.setdefault(facts.st_size, []).append(path)
            index.by_name.setdefault(name.casefold(), []).append(path)
            count += 1
            if count >= MAX_FILES:
                index.complete = False
                return index
    return index


def propose(
    datasets: Iterable[Dataset],
    folder: Path,
    progress: Callable[[float, str], None] | None = None,
) -> list[Proposal]:
    """Look for the files of datasets below a folder.

    The same content is found under any name. A file of the same name with another content is
    told as changed: only a person may accept it.

    Parameters
    ----------
    datasets
        Those with links to be found.
    progress
        Called with a fraction and words; raises to stop.
    """
    wanted = [dataset for dataset in datasets if dataset.link is not None]
    report = progress or (lambda _fraction, _words: None)
    index = index_folder(folder, lambda: report(0.0, "Listing files"))
    proposals = []
    for number, dataset in enumerate(wanted):
        index.look = partial(report, number / max(len(wanted), 1), dataset.name)
        index.look()
        assert dataset.link is not None
        proposals.append(_propose(dataset, dataset.link, index))
    return proposals


def _propose(dataset: Dataset, link: Link, index: FileIndex) -> Proposal:
    same = [path for path in _alike(link, index) if _is_same(path, link, index)]
    if same:
        new = min(same, key=lambda path: _distance(path, link.path))
        sure = "every byte is the same" if link.content_hash else "the same fingerprint"
        return _proposal(dataset, link, new, Verdict.SAME, sure)
    name = _name(link.path)
    others = index.by_name.get(name.casefold(), [])
    others = others or [path for path in index.folders if path.name.casefold() == name.casefold()]
    if others:
        new = min(others, key=lambda path: _distance(path, link.path))
        known = "its content is another one" if link.fast_hash else "its content was never recorded"
        return _proposal(dataset, link, new, Verdict.CHANGED, f"the same name, but {known}")
    return _proposal(dataset, link, None, Verdict.MISSING, "no file here has its content or name")


def _proposal(
    dataset: Dataset, link: Link, new: Path | None, verdict: Verdict, sentence: str
) -> Proposal:
    return Proposal(dataset.id, dataset.name, link.path, new, verdict, sentence)


def _alike(link: Link, index: FileIndex) -> list[Path]:
    """Return what could have the link's content, judged without reading it."""
    if link.size > 0:
        return index.by_size.get(link.size, [])
    return [path for path in index.folders if path.suffix.casefold() == _suffix(link.path)]


def _is_same(path: Path, link: Link, index: FileIndex) -> bool:
    if not link.fast_hash or index.fast(path) != link.fast_hash:
        return False
    return link.content_hash is None or index.content(path) == link.content_hash


def _name(path: str) -> str:
    """Return the last part of a path of any system."""
    return PureWindowsPath(path).name


def _suffix(path: str) -> str:
    return PureWindowsPath(path).suffix.casefold()


def _distance(path: Path, old: str) -> tuple[int, int, str]:
    """Order candidates: those that share most of the old path's end first, then the shortest."""
    parts = [part.casefold() for part in PureWindowsPath(old).parts]
    mine = [part.casefold() for part in path.parts]
    shared = 0
    for a, b in zip(reversed(parts), reversed(mine), strict=False):
        if a != b:
            break
        shared += 1
    return -shared, len(mine), str(path)


def relink(links: Mapping[str, Link]) -> Edit:
    """Return the edit that points datasets (by id) at the same data elsewhere."""

    def edit(project: Project) -> Project:
        return project.replace(
            datasets=tuple(
                d.replace(link=links[d.id]) if d.id in links else d for d in project.datasets
            )
        )

    return edit


def accept_changed(links: Mapping[str, Link], why: str) -> Edit:
    """Return the edit that accepts other data for datasets: what rests on them becomes stale.

    Parameters
    ----------
    why
        What every registration of such a dataset says from now on, until it is confirmed.
    """

    def edit(project: Project) -> Project:
        relinked = relink(links)(project)
        touched = _with_maps(project, links)
        return relinked.replace(
            registrations=tuple(
                r.replace(stale=why) if {r.moving, r.fixed} & touched else r
                for r in relinked.registrations
            )
        )

    return edit


def confirm(registration_id: str) -> Edit:
    """Return the edit that says: a person has looked at this registration again."""

    def edit(project: Project) -> Project:
        return project.replace(
            registrations=tuple(
                r.replace(stale="") if r.id == registration_id else r for r in project.registrations
            )
        )

    return edit


def _with_maps(project: Project, ids: Collection[str]) -> set[str]:
    """Return datasets and the maps that are computed from them."""
    touched = set(ids)
    while True:
        more = {d.id for d in project.datasets if d.recipe and d.recipe.source in touched}
        if more <= touched:
            return touched
        touched |= more

"""Packing a project with its data, and opening a packed one."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.data.opening import open_file
from tiepoint.project import pack
from tiepoint.project.fingerprints import content_hash
from tiepoint.project.links import LinkState, LinkStatus
from tiepoint.support.errors import TiepointError
from tiepoint.support.paths import state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

FRESH = 0.9


@dataclass(frozen=True)
class PackReport:
    """What was packed.

    Attributes
    ----------
    path
        The packed project.
    inside, beside
        Names of the data files inside it, and of those in the folder beside it.
    left_out
        Sentences about datasets whose files are missing; the datasets are in the project.
    size
        Bytes of the project file.
    """

    path: Path
    inside: tuple[str, ...]
    beside: tuple[str, ...]
    left_out: tuple[str, ...]
    size: int

    @property
    def sentence(self) -> str:
        """What to tell the person."""
        words = [f"{self.path.name} ({self.size / 1e6:.1f} MB) holds {_files(self.inside)}."]
        if self.beside:
            folder = self.path.with_name(f"{self.path.stem}.data").name
            words.append(f"{_files(self.beside)} too large for it: see the folder {folder}.")
        return " ".join([*words, *self.left_out])


class Packing:
    """Holds the data files that a packed project brought with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files: dict[str, AnyArray] = {}

    def of(self, project: Project) -> dict[str, AnyArray]:
        """Return the packed files that a project's links name, for saving."""
        wanted = pack.keys_of(project)
        return {key: values for key, values in self._files.items() if key in wanted}

    def adopt(self, arrays: Mapping[str, AnyArray]) -> None:
        """Take over the packed files among a project's embedded arrays."""
        self._files = {}
        self.learn(arrays)

    def learn(self, arrays: Mapping[str, AnyArray]) -> None:
        """Take over more of them, of another version of the project."""
        self._files.update({k: v for k, v in arrays.items() if k.startswith(f"{pack.FILE}/")})

    def write(
        self, path: Path, control: TaskControl | None = None, limit: int = pack.EMBED_BYTES
    ) -> PackReport:
        """Write a copy of the project with its data; the project itself stays as it is.

        Parameters
        ----------
        limit
            Data files of so many bytes in all go inside; the rest beside.

        Raises
        ------
        TiepointError
            If a file cannot be read or written, or does not open from its packed form.
        """
        from tiepoint.project.file import with_suffix

        session = self._session
        target = with_suffix(path)
        if session.path is not None and target == session.path:
            raise TiepointError("Choose another name: the packed project is a copy.")
        usable = [d for d in session.project.datasets if d.link and not session.linking.problem(d)]
        plan = pack.plan([Path(d.link.path) for d in usable if d.link], limit)
        project, arrays = self._put_inside(session.project, plan, control)
        project = self._put_beside(project, plan, target, control)
        self._try(project, plan, arrays)
        embedded = {**session.arrays_of(project), **arrays}
        snapshot = session.saving.snapshot(target)
        report = session.saving.write(
            replace(snapshot, linked=project, arrays=embedded, expected=None)
        )
        return PackReport(
            report.path,
            tuple(parcel.path.name for parcel in plan.inside),
            tuple(parcel.path.name for parcel in plan.beside),
            tuple(session.linking.problem(d) for d in session.linking.unusable()),
            report.size,
        )

    @staticmethod
    def _put_inside(
        project: Project, plan: pack.Plan, control: TaskControl | None
    ) -> tuple[Project, dict[str, AnyArray]]:
        arrays: dict[str, AnyArray] = {}
        total = max(1, sum(parcel.size for parcel in plan.inside))
        done = 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            if control is not None:
                control.progress(FRESH * done / total, "Packing")

        for parcel in plan.inside:
            packed, content = pack.embed(parcel, read)
            arrays.update(content)
            project = _with_links(project, parcel.path, packed=packed)
        return project, arrays

    @staticmethod
    def _put_beside(
        project: Project, plan: pack.Plan, target: Path, control: TaskControl | None
    ) -> Project:
        for parcel in plan.beside:
            if control is not None:
                control.progress(FRESH, f"Copying {parcel.path.name}")
            look = None if control is None else lambda _count: control.check()
            digest = content_hash(parcel.path, look)
            copy = pack.copy_beside(parcel, target, digest)
            project = _with_links(project, parcel.path, path=str(copy), packed=())
        return project

    @staticmethod
    def _try(project: Project, plan: pack.Plan, arrays: Mapping[str, AnyArray]) -> None:
        """Open every packed file from where it will be unpacked: side files may be missing."""
        paths = {str(parcel.path) for parcel in plan.inside}
        tried: dict[str, set[str]] = {}
        for dataset in project.datasets:
            link = dataset.link
            if link is None or link.path not in paths:
                continue
            if link.path not in tried:
                path = pack.unpack(link, arrays, cache_folder())
                drafts = open_file(path, link.reader, link.answers)[1]
                tried[link.path] = {draft.key for draft in drafts}
            if link.inner not in tried[link.path]:
                raise TiepointError(f"{dataset.name} cannot be opened from a packed project.")


def unpacked(
    project: Project, statuses: dict[str, LinkStatus], arrays: Mapping[str, AnyArray]
) -> tuple[Project, dict[str, LinkStatus], tuple[str, ...]]:
    """Unpack the data files of a project that are not found elsewhere.

    Returns
    -------
    project, statuses
        With the unpacked files.
    problems
        Sentences about those that could not be unpacked.
    """
    datasets: list[Dataset] = []
    problems: list[str] = []
    found = dict(statuses)
    for dataset in project.datasets:
        link, status = dataset.link, statuses.get(dataset.id)
        if link is not None and link.packed and status is not None and not status.usable:
            try:
                path = pack.unpack(link, arrays, cache_folder())
            except TiepointError as error:
                problems.append(str(error))
            else:
                dataset = dataset.replace(link=link.replace(path=str(path)))
                found[dataset.id] = LinkStatus(LinkState.MOVED, path)
        datasets.append(dataset)
    return project.replace(datasets=tuple(datasets)), found, tuple(dict.fromkeys(problems))


def cache_folder() -> Path:
    """Return where packed data files are unpacked on this computer."""
    folder = state_folder() / "unpacked"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _with_links(project: Project, source: Path, **changes: object) -> Project:
    def changed(dataset: Dataset) -> Dataset:
        link = dataset.link
        if link is None or os.path.normpath(link.path) != os.path.normpath(source):
            return dataset
        return dataset.replace(link=link.replace(**changes))

    return project.replace(datasets=tuple(changed(d) for d in project.datasets))


def _files(names: tuple[str, ...]) -> str:
    if not names:
        return "no data files"
    return f"{len(names)} data file{'' if len(names) == 1 else 's'}"

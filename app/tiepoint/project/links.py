"""Links to data files: what identifies a file, and finding it again where it is now."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.model.dataset import Link
from tiepoint.project.fingerprints import fast_hash
from tiepoint.project.progress import silent
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.project.progress import Progress

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class LinkState(StrEnum):
    """What became of a linked file."""

    FOUND = "found"
    MOVED = "moved"
    CHANGED = "changed"
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True)
class LinkStatus:
    """Where a dataset's file is now.

    Attributes
    ----------
    state
        ``found`` and ``moved``: the same data; ``changed``: a file is there but its content is
        another one, to be accepted by the user only; ``missing``; ``refused``: the path is one
        that a project file must not open by itself (network, device).
    path
        The file, where there is one.
    sentence
        For the user; empty where all is well.
    """

    state: LinkState
    path: Path | None
    sentence: str = ""

    @property
    def usable(self) -> bool:
        """Whether the data may be opened without asking."""
        return self.state in (LinkState.FOUND, LinkState.MOVED)


def link_to(path: Path, inner: str = "", reader: str = "") -> Link:
    """Return the link to a data file as it is now.

    Parameters
    ----------
    path
        A file, or a folder that is one dataset (OME-Zarr).
    inner
        The reader's stable key of the dataset in the file.

    Raises
    ------
    TiepointError
        If the file is not there or cannot be read.
    """
    absolute = Path(os.path.abspath(path))
    try:
        facts = absolute.stat()
        digest = fast_hash(absolute)
    except OSError as error:
        raise TiepointError(f"{absolute} cannot be read: {error.strerror}.") from error
    size = facts.st_size if absolute.is_file() else 0
    return Link(
        path=str(absolute),
        inner=inner,
        reader=reader,
        size=size,
        mtime=facts.st_mtime,
        fast_hash=digest,
    )


def with_relative_paths(project: Project, folder: Path) -> Project:
    """Return the project with every link relative to `folder`, where the project file lies."""
    return project.replace(datasets=tuple(_relative(d, folder) for d in project.datasets))


def _relative(dataset: Dataset, folder: Path) -> Dataset:
    link = dataset.link
    if link is None or not os.path.isabs(link.path):
        return dataset
    relative = None
    if share_of(link.path) == share_of(str(folder)):
        with contextlib.suppress(ValueError):  # another drive on Windows
            relative = Path(os.path.relpath(link.path, folder)).as_posix()
    if relative == link.relative:
        return dataset
    return dataset.replace(link=link.replace(relative=relative))


def resolve_links(
    project: Project,
    folder: Path,
    approved: Collection[str] = (),
    progress: Progress = silent,
) -> tuple[Project, dict[str, LinkStatus]]:
    """Find every linked file: beside the project first, then where it was.

    Parameters
    ----------
    folder
        Where the project file lies.
    approved
        Network shares (`share_of`) that the person has allowed to be touched.

    Returns
    -------
    project
        With the absolute paths of the files that were found. Datasets whose data are missing or
        changed keep their links as they are.
    statuses
        By dataset id, for every dataset that has a link.
    """
    statuses: dict[str, LinkStatus] = {}
    hashes: dict[Path, str] = {}
    datasets = []
    for number, dataset in enumerate(project.datasets):
        progress(number / len(project.datasets), f"Looking for the data of {dataset.name}")
        if dataset.link is not None:
            status = _resolve(dataset, dataset.link, folder, hashes, approved)
            statuses[dataset.id] = status
            if status.usable and str(status.path) != dataset.link.path:
                moved = dataset.link.replace(path=str(status.path))
                dataset = dataset.replace(link=moved)
        datasets.append(dataset)
    return project.replace(datasets=tuple(datasets)), statuses


def _resolve(
    dataset: Dataset,
    link: Link,
    folder: Path,
    hashes: dict[Path, str],
    approved: Collection[str],
) -> LinkStatus:
    changed: Path | None = None
    refused = ""
    for candidate in _candidates(link, folder):
        reason = why_refused(candidate, folder, approved)
        if not reason and _is_data(Path(candidate)):
            reason = why_refused(os.path.realpath(candidate), folder, approved)
        refused = refused or reason
        if reason or not _is_data(Path(candidate)):
            continue
        path = Path(candidate)
        if _same_content(path, link, hashes):
            state = LinkState.FOUND if str(path) == link.path else LinkState.MOVED
            return LinkStatus(state, path)
        changed = changed or path
    if changed is not None:
        return LinkStatus(LinkState.CHANGED, changed, _changed(dataset, changed))
    if refused:
        sentence = f"The data of {dataset.name!r} were not opened: {refused}."
        return LinkStatus(LinkState.REFUSED, None, sentence)
    sentence = (
        f"The data of {dataset.name!r} were not found: {link.path}. "
        "The dataset stays in the project; relink it when the file is back."
    )
    return LinkStatus(LinkState.MISSING, None, sentence)


def _changed(dataset: Dataset, path: Path) -> str:
    return (
        f"The data of {dataset.name!r} have changed since the project was saved: {path} is "
        "another file or was written again. Check it before you trust what was marked in it."
    )


def _candidates(link: Link, folder: Path) -> list[str]:
    """Return the paths to try, as text: nothing is touched before it was judged.

    A relative link may climb out of the project's folder, for data often lie beside it; an
    absolute link could name the same file, so forbidding it would protect nothing.
    """
    paths = [link.path]
    if link.relative is not None:
        paths.insert(0, os.path.normpath(os.path.join(folder, link.relative)))
    return paths


def share_of(path: str) -> str:
    """Return the network share that a path names (``//server/share``), or an empty text."""
    slashes = path.replace("\\", "/")
    if slashes.startswith("//"):
        return "/".join(slashes.split("/")[:4])
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*(/[^/]*)?", slashes)
    return match[0] if match else ""


def shares_of(link: Link) -> set[str]:
    """Return the network shares that a link names."""
    return {share_of(path) for path in (link.path, link.relative or "")} - {""}


def why_refused(path: str, folder: Path, approved: Collection[str] = ()) -> str:
    """Return why a path named in a file must not be touched; empty if it may.

    The share that the project itself lies on may be touched: it is in use already.
    """
    slashes = path.replace("\\", "/")
    share = share_of(path)
    if share and share not in {share_of(str(folder)), *approved}:
        return f"{path} lies on the network"
    if "\0" in path:
        return "its path is not a path"
    if os.name == "nt" and any(_DEVICE.fullmatch(part.strip()) for part in slashes.split("/")):
        return f"{path} is a device"
    if slashes.startswith(("/proc/", "/sys/", "/dev/fd/")):
        return f"{path} belongs to the system"
    return ""


def _is_data(path: Path) -> bool:
    """Whether a regular file or a folder is there (never a pipe or a device)."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _same_content(path: Path, link: Link, hashes: dict[Path, str]) -> bool:
    try:
        if not link.fast_hash:
            facts = path.stat()
            return (facts.st_size, facts.st_mtime) == (link.size, link.mtime)
        if path not in hashes:
            hashes[path] = fast_hash(path)
    except OSError:
        return False
    return hashes[path] == link.fast_hash

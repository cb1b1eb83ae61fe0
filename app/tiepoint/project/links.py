"""Links to data files: what identifies a file, and finding it again where it is now."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.model.dataset import Link
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

_EDGE = 256 << 10
_SAMPLE = 16 << 10
_SAMPLES = 16
_SCHEME = "fast1:"
_MAX_FOLDER_ENTRIES = 20_000
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


def fast_hash(path: Path) -> str:
    """Return a BLAKE2b of size, head, tail and 16 samples of a file.

    Of a folder: of the names and sizes of everything in it, and of the small files at its top.
    It reads at most 1 MB of a file, so that a hundred links take no time.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = blake2b(digest_size=20)
    if path.is_dir():
        _hash_folder(path, digest)
    else:
        _hash_file(path, digest)
    return _SCHEME + digest.hexdigest()


def _hash_file(path: Path, digest: blake2b) -> None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(f"file {size}\n".encode())
        if size <= 2 * _EDGE + _SAMPLES * _SAMPLE:
            digest.update(file.read(2 * _EDGE + _SAMPLES * _SAMPLE))
            return
        digest.update(file.read(_EDGE))
        inside = size - 2 * _EDGE - _SAMPLE
        for number in range(_SAMPLES):
            file.seek(_EDGE + inside * number // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
        file.seek(size - _EDGE)
        digest.update(file.read(_EDGE))


def _hash_folder(path: Path, digest: blake2b) -> None:
    digest.update(b"folder\n")
    count = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder, name)
            size = file.stat().st_size
            digest.update(f"{file.relative_to(path).as_posix()} {size}\n".encode(errors="replace"))
            if folder == str(path) and size <= _EDGE:
                digest.update(file.read_bytes())
            count += 1
            if count >= _MAX_FOLDER_ENTRIES:
                return


def with_relative_paths(project: Project, folder: Path) -> Project:
    """Return the project with every link relative to `folder`, where the project file lies."""
    return project.replace(datasets=tuple(_relative(d, folder) for d in project.datasets))


def _relative(dataset: Dataset, folder: Path) -> Dataset:
    link = dataset.link
    if link is None:
        return dataset
    try:
        relative = Path(os.path.relpath(link.path, folder)).as_posix()
    except ValueError:  # another drive on Windows
        relative = None
    if relative == link.relative:
        return dataset
    return dataset.replace(link=link.replace(relative=relative))


def resolve_links(project: Project, folder: Path) -> tuple[Project, dict[str, LinkStatus]]:
    """Find every linked file: beside the project first, then where it was.

    Parameters
    ----------
    folder
        Where the project file lies.

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
    for dataset in project.datasets:
        if dataset.link is not None:
            status = _resolve(dataset, dataset.link, folder, hashes)
            statuses[dataset.id] = status
            if status.usable and str(status.path) != dataset.link.path:
                moved = dataset.link.replace(path=str(status.path))
                dataset = dataset.replace(link=moved)
        datasets.append(dataset)
    return project.replace(datasets=tuple(datasets)), statuses


def _resolve(dataset: Dataset, link: Link, folder: Path, hashes: dict[Path, str]) -> LinkStatus:
    changed: Path | None = None
    refused = ""
    for candidate in _candidates(link, folder):
        reason = _why_refused(candidate, folder)
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


def _why_refused(path: str, folder: Path) -> str:
    """Return why a path named in a file must not be touched; empty if it may.

    The share that the project itself lies on may be touched: it is in use already.
    """
    slashes = path.replace("\\", "/")
    own_share = str(folder).replace("\\", "/").split("/")[:4]
    network = slashes.startswith("//") and slashes.split("/")[:4] != own_share
    if network or re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", slashes):
        return f"{path} lies on the network"
    if "\0" in path:
        return "its path is not a path"
    if os.name == "nt" and any(_DEVICE.fullmatch(part.strip()) for part in slashes.split("/")):
        return f"{path} is a device"
    if slashes.startswith(("/proc/", "/sys/")):
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

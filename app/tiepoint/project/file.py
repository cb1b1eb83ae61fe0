"""The project file ``NAME.tiepoint``: saving without loss and loading without trust."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from tiepoint.model.project import SCHEMA_VERSION, Project
from tiepoint.project.arrays import ArraySource, sources
from tiepoint.project.consistency import require_consistent
from tiepoint.project.fileops import FileOps
from tiepoint.project.json_checks import read_json, require_finite, require_size
from tiepoint.project.links import LinkStatus, resolve_links, with_relative_paths
from tiepoint.project.migrations import migrate
from tiepoint.project.progress import counted, silent
from tiepoint.project.reading import Content, DamagedError, read_content, verify_file
from tiepoint.project.replace import (
    NotSavedError,
    Replaced,
    forget,
    publish,
    replace_file,
    temporary_name,
    why_not_saved,
)
from tiepoint.project.schema import ProjectFile, canonical_json, project_file, require_readable
from tiepoint.project.seal import check_seal, make_seal, sealed_digest, sealed_schema
from tiepoint.project.surroundings import (
    backup_hint,
    keep_old_format,
    require_regular,
    why_protected,
)
from tiepoint.project.turn import turn_to_save
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.project.arrays import Arrays
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.progress import Progress
    from tiepoint.support.arrays import AnyArray

SUFFIX = ".tiepoint"
IN_MEMORY_BYTES = 512 << 20


@dataclass(frozen=True)
class FileStamp:
    """What a project file was when we last read or wrote it.

    Attributes
    ----------
    size, mtime_ns
        As the file system says.
    digest
        Hex BLAKE2b-256 of the bytes before the seal.
    """

    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True)
class SaveReport:
    """A save that succeeded.

    Attributes
    ----------
    path
        The file that now holds the project; another name than asked for only where a program
        held the target open (then `warnings` says so).
    backup
        The version before this one, if it was kept.
    size
        Bytes.
    seconds
        How long it took.
    stamp
        To be passed as `expected` to the next save.
    warnings
        Sentences for the user.
    """

    path: Path
    backup: Path | None
    size: int
    seconds: float
    stamp: FileStamp
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class LoadedProject:
    """A project as it was in its file.

    Attributes
    ----------
    project
        With links resolved where their data were found.
    arrays
        Embedded arrays by key (``thumbnail/<dataset id>``, ``map/<dataset id>``).
    read_only
        Whether it cannot be saved to the same path: a newer format, which would lose something, or
        a write-protected file or folder.
    warnings
        Sentences for the user.
    links
        By dataset id: where its data are now, for every dataset that has a file.
    history
        Every operation, oldest first.
    stamp
        To be passed as `expected` to the next save.
    """

    project: Project
    arrays: dict[str, AnyArray]
    read_only: bool = False
    warnings: tuple[str, ...] = ()
    links: dict[str, LinkStatus] = field(default_factory=dict)
    history: tuple[HistoryEntry, ...] = ()
    stamp: FileStamp | None = None


class ChangedOnDiskError(NotSavedError):
    """Somebody else saved the file since we read it: save a copy, or compare."""


def save(
    project: Project,
    path: Path,
    arrays: Arrays | None = None,
    *,
    history: tuple[HistoryEntry, ...] = (),
    expected: FileStamp | None = None,
    ops: FileOps | None = None,
) -> SaveReport:
    """Save a project; at every moment the old file or the new one is there, whole.

    May run on any thread: the project is an immutable value.

    Parameters
    ----------
    path
        ``NAME.tiepoint``; the suffix is appended where it is missing.
    arrays
        Embedded arrays by key, numbers only.
    history
        Operations, oldest first (`Document.history`).
    expected
        What the file at `path` was when we last read or wrote it; ``None`` replaces any file.

    Raises
    ------
    ChangedOnDiskError
        If the file is not the `expected` one any more.
    NotSavedError
        If the disk refuses. The old file is then untouched, unless the sentence says more.
    TiepointError
        If the project contradicts itself or holds what no file can keep.
    """
    began = time.monotonic()
    target = with_suffix(path)
    require_consistent(project)
    content = project_file(with_relative_paths(project, target.parent), history)
    document = canonical_json(content)
    require_size(len(document), target.name)
    embedded = sources(arrays or {})
    try:
        with turn_to_save(target):
            _require_expected(target, expected)
            kept = keep_old_format(target, ops or FileOps())
            replaced, digest = _write(target, content, document, embedded, ops or FileOps())
    except MemoryError:
        raise NotSavedError(f"{target.name} was not saved: there is not enough memory.") from None
    except DamagedError as error:
        raise NotSavedError(
            f"{target.name} was not saved: what was written could not be read back ({error}). "
            "Save it on another disk."
        ) from error
    stamp = _stamp(replaced.path, digest)
    return SaveReport(
        replaced.path,
        replaced.backup,
        stamp.size,
        time.monotonic() - began,
        stamp,
        (*kept, *replaced.warnings),
    )


def with_suffix(path: Path) -> Path:
    """Return an absolute path that ends in ``.tiepoint``."""
    absolute = Path(os.path.abspath(path))
    return absolute if absolute.suffix.lower() == SUFFIX else Path(f"{absolute}{SUFFIX}")


def load(
    path: Path,
    *,
    examine: Literal["doubtful", "always"] = "doubtful",
    progress: Progress = silent,
) -> LoadedProject:
    """Load a project file, verified and guarded; nothing outside of it is read but linked data.

    Parameters
    ----------
    examine
        Which files are first read in a disposable child process: those whose bytes are not as
        Tiepoint wrote them, or all (for files from strangers).
    progress
        How far it has come, in words; raises to stop.

    Raises
    ------
    TiepointError
        In words: not there, not a project, damaged, harmful, or from a newer Tiepoint.
    """
    path = Path(os.path.abspath(path))
    try:
        require_regular(path)
        size = path.stat().st_size
        seal = check_seal(path, counted(progress, "Checking every byte", 0.0, 0.3, size))
        if seal.state != "intact" or examine == "always":
            _examine(path, progress)
        content = read_content(path, read=counted(progress, "Reading", 0.3, 0.7, size))
    except FileNotFoundError:
        raise TiepointError(f"There is no file {path}.") from None
    except OSError as error:
        raise TiepointError(f"{path} cannot be read: {error.strerror or error}.") from error
    except DamagedError as error:
        raise DamagedError(f"{error}{backup_hint(path)}") from error
    loaded, read_only = _understand(content, path.name)
    project, links = resolve_links(
        loaded.project, path.parent, progress=lambda share, what: progress(0.7 + 0.3 * share, what)
    )
    protected = "" if read_only else why_protected(path)
    warnings = [words for words in (read_only, protected) if words]
    if seal.state != "intact":
        warnings.append(f"{path.name} was changed by another program; its project is intact.")
    warnings += [_without(key, path.name) for key in content.damaged]
    warnings += [status.sentence for status in links.values() if status.sentence]
    return LoadedProject(
        project=project,
        arrays=content.arrays,
        read_only=bool(read_only or protected),
        warnings=tuple(warnings),
        links=links,
        history=loaded.history,
        stamp=_stamp(path, seal.digest),
    )


def _without(key: str, name: str) -> str:
    if key.startswith("history/"):
        return f"Earlier states in {name} are damaged: one cannot go back to them any more."
    return f"{key} in {name} is damaged and was left out; it will be computed again."


def _examine(path: Path, progress: Progress) -> None:
    from tiepoint.project.child import examine

    examine(path, look=lambda: progress(0.3, "Examining it in a process of its own"))


def _understand(content: Content, name: str) -> tuple[ProjectFile, str]:
    """Return the document as values, and why it is read-only."""
    document = read_json(content.document, name)
    read_only = require_readable(document, name)
    try:
        loaded = ProjectFile.model_validate(migrate(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TiepointError(f"{name} cannot be understood: {place}: {first['msg']}.") from None
    require_finite(loaded.model_dump(), name)
    require_consistent(loaded.project)
    return loaded, read_only


def _stamp(path: Path, digest: str) -> FileStamp:
    facts = path.stat()
    return FileStamp(facts.st_size, facts.st_mtime_ns, digest)


def _require_expected(target: Path, expected: FileStamp | None) -> None:
    try:
        facts = target.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise NotSavedError(f"{target} is not a file and cannot be replaced by one.")
        newer = (sealed_schema(target) or 0) > SCHEMA_VERSION
    except OSError:
        return
    if facts.st_mode & 0o222 == 0 or not os.access(target, os.W_OK):
        raise NotSavedError(
            f"{target.name} was not saved: the file there is write-protected. Save it under "
            "another name."
        )
    if newer:
        raise NotSavedError(
            f"{target.name} was not saved: the file there was written by a newer Tiepoint and "
            "would lose what this one does not know. Save it under another name."
        )
    if expected is None or _unchanged(target, facts, expected):
        return
    if check_seal(target).digest != expected.digest:
        raise ChangedOnDiskError(
            f"{target.name} was not saved: somebody else has saved it since you opened it. "
            "Save yours as a copy, or compare the two."
        )


def _unchanged(target: Path, facts: os.stat_result, expected: FileStamp) -> bool:
    """Whether a file is surely the expected one, without reading all of it.

    Size and time alone do not tell: some file systems count time in steps of two seconds.
    """
    same = (facts.st_size, facts.st_mtime_ns) == (expected.size, expected.mtime_ns)
    return same and sealed_digest(target) == expected.digest


def _write(
    target: Path,
    content: ProjectFile,
    document: bytes,
    arrays: Mapping[str, ArraySource],
    ops: FileOps,
) -> tuple[Replaced, str]:
    from tiepoint.project.hdf5_image import build_image

    total = sum(a.dtype.itemsize * _count(a.shape) for a in arrays.values()) + len(document)
    if total > IN_MEMORY_BYTES:
        return _write_big(target, document, arrays, ops)
    image, digests = build_image(content, document, arrays)
    seal, digest = make_seal(image, content.schema_version)
    replaced = replace_file(
        target, [image, seal], lambda temporary: verify_file(temporary, document, digests), ops
    )
    return replaced, digest


def _write_big(
    target: Path, document: bytes, arrays: Mapping[str, ArraySource], ops: FileOps
) -> tuple[Replaced, str]:
    from tiepoint.project.big import build_in_child

    target = Path(os.path.realpath(target))
    temporary = temporary_name(target)
    try:
        digest = build_in_child(temporary, document, arrays)
        return publish(temporary, target, ops), digest
    except OSError as error:
        raise NotSavedError(why_not_saved(error, target)) from error
    finally:
        forget(temporary, ops)


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total

"""Reading a project's HDF5 tree: guarded, then verified against the digests inside."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.project.arrays import MAX_RANK, ArrayDigest, block_slices, require_key
from tiepoint.project.checks import require_hdf5, require_plain_type, require_safe
from tiepoint.project.hdf5_image import ARRAYS, DOCUMENT, FORMAT, GROUP
from tiepoint.project.json_checks import require_size
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray


class DamagedError(TiepointError):
    """A file, or a part of it, is not what was once written."""


@dataclass(frozen=True, eq=False)
class Content:
    """What a project file holds, verified but not yet understood.

    Attributes
    ----------
    document
        UTF-8 JSON.
    arrays
        Embedded arrays whose digests are right.
    damaged
        Keys of arrays that were left out because theirs are not.
    """

    document: bytes
    arrays: dict[str, AnyArray]
    damaged: tuple[str, ...]


def read_content(
    path: Path, *, keep_arrays: bool = True, read: Callable[[int], None] | None = None
) -> Content:
    """Read document and arrays of a project file in the guarded way.

    Parameters
    ----------
    keep_arrays
        Whether to return the arrays; if not they are read block by block and only checked.
    read
        Called with the number of bytes of arrays read since it was called last; raises to stop.

    Raises
    ------
    TiepointError
        If the file is not a project, could do harm, or its document is damaged.
    """
    name = path.name
    with path.open("rb") as raw:
        head = raw.read(8)
        size = raw.seek(0, 2)
    require_hdf5(head, size, name)
    with opened_readonly(path) as file:
        try:
            require_safe(file, size, name)
            document = _document(file, name)
            arrays: dict[str, AnyArray] = {}
            damaged = []
            for key, node in array_nodes(file, name):
                values = _array(node, key, name, read) if keep_arrays else None
                if values is not None:
                    arrays[key] = values
                elif keep_arrays or not _intact(node):
                    damaged.append(key)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise DamagedError(f"{name} is damaged: {_first_line(error)}.") from error
    return Content(document, arrays, tuple(damaged))


class opened_readonly:
    """Open an HDF5 file for reading, without locks and with its damage told in words."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None

    def __enter__(self) -> Any:
        """Open it."""
        import h5py

        try:
            self._file = h5py.File(self._path, "r", locking=False)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise DamagedError(
                f"{self._path.name} is damaged or cut short: {_first_line(error)}."
            ) from error
        return self._file

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._file.close()


def verify_file(path: Path, document: bytes, digests: dict[str, str]) -> None:
    """Open a finished file and compare everything in it with what was meant to be written.

    Raises
    ------
    DamagedError
        If any part differs.
    """
    with opened_readonly(path) as file:
        found = {}
        if _document(file, path.name) != document:
            raise DamagedError("the document came back changed")
        for key, node in array_nodes(file, path.name):
            found[key] = _digest_of(node)
        if found != digests:
            raise DamagedError("an embedded array came back changed")


def array_nodes(file: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield (key, h5py dataset) of every embedded array."""
    import h5py

    if ARRAYS not in file:
        return
    for kind, group in file[ARRAYS].items():
        if not isinstance(group, h5py.Group):
            raise TiepointError(f"{name} keeps an array where none belongs: {kind}.")
        for word, node in group.items():
            key = f"{kind}/{word}"
            require_key(key)
            if not isinstance(node, h5py.Dataset) or not 1 <= node.ndim <= MAX_RANK:
                raise TiepointError(f"{name} keeps something else than an array as {key}.")
            require_plain_type(node, key, name)
            yield key, node


def _document(file: Any, name: str) -> bytes:
    import h5py

    group = file.get(GROUP)
    if not isinstance(group, h5py.Group) or _word(group, "format") != FORMAT:
        raise TiepointError(
            f"{name} is an HDF5 file but not a Tiepoint project; add it to a project as data."
        )
    node = file.get(DOCUMENT)
    if not isinstance(node, h5py.Dataset) or node.shape != ():
        raise DamagedError(f"{name} is damaged: its document is missing.")
    require_plain_type(node, DOCUMENT, name)
    require_size(node.dtype.itemsize, name)
    document = bytes(node[()])
    if blake2b(document, digest_size=32).hexdigest() != _word(node, "blake2b"):
        raise DamagedError(f"{name} is damaged: its document does not match its checksum.")
    return document


def _array(node: Any, key: str, name: str, read: Callable[[int], None] | None) -> AnyArray | None:
    """Return an array, or ``None`` where its digest is wrong."""
    try:
        values: AnyArray = np.empty(node.shape, node.dtype)
    except (MemoryError, ValueError):
        raise TiepointError(f"{key} in {name} is too large to be read.") from None
    digest = ArrayDigest(node.shape, node.dtype)
    try:
        for rows in block_slices(node.shape, node.dtype):
            node.read_direct(values, rows, rows)
            digest.update(values[rows])
            if read is not None:
                read(values[rows].nbytes)
    except (OSError, RuntimeError):
        return None
    return values if digest.hex() == _word(node, "blake2b") else None


def _intact(node: Any) -> bool:
    try:
        return _digest_of(node) == _word(node, "blake2b")
    except (OSError, RuntimeError):
        return False


def _digest_of(node: Any) -> str:
    digest = ArrayDigest(node.shape, node.dtype)
    for rows in block_slices(node.shape, node.dtype):
        digest.update(node[rows])
    return digest.hex()


def _word(node: Any, attribute: str) -> str:
    """Return a fixed-length text attribute; empty if there is none of that kind."""
    import h5py

    if attribute not in node.attrs:
        return ""
    kind = node.attrs.get_id(attribute).get_type()
    if not isinstance(kind, h5py.h5t.TypeStringID) or kind.is_variable_str():
        return ""
    value = node.attrs[attribute]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200].rstrip(".") if lines else type(error).__name__

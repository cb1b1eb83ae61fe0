"""Files whose libraries can crash, examined in a process of their own before they are added."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tiepoint.data.h5_guard import is_hdf5
from tiepoint.project.child import EXAMINE_SECONDS, ask

if TYPE_CHECKING:
    from pathlib import Path

MOST_OBJECTS = 20_000
CZI = b"ZISRAWFILE"
_examined: set[tuple[str, int, int]] = set()


def examine_foreign(path: Path, seconds: float = EXAMINE_SECONDS) -> None:
    """Walk through an HDF5 or CZI file in a child (10 s, 2 GiB), once per content.

    Raises
    ------
    TiepointError
        If that ends the child or takes too long: the file is damaged, or made to do harm.
    """
    if not path.is_file() or not (is_hdf5(path) or _is_czi(path)):
        return
    facts = path.stat()
    key = (str(path), facts.st_size, facts.st_mtime_ns)
    if key in _examined:
        return
    ask(_examine, path, seconds)
    _examined.add(key)


def _is_czi(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(CZI)) == CZI


def _examine(path: Path) -> None:
    import h5py

    if not is_hdf5(path):
        _open_all(path)
        return
    with h5py.File(path, "r", locking=False) as file:
        _look_through(file)


def _open_all(path: Path) -> None:
    """Open a file as the program would, and read a value of every dataset."""
    from tiepoint.data.opening import open_file

    for draft in open_file(path)[1]:
        draft.original()
        _ = draft.array[(0,) * draft.array.ndim]


def _look_through(file: Any) -> None:
    """Open every object that lies in the file itself and read what describes it."""
    import h5py

    seen: set[object] = set()
    waiting = [file]
    while waiting and len(seen) < MOST_OBJECTS:
        group = waiting.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            with contextlib.suppress(KeyError, TypeError, ValueError):
                node = group[name]
                address = h5py.h5o.get_info(node.id).addr
                if address in seen:
                    continue
                seen.add(address)
                _describe(node)
                if isinstance(node, h5py.Group):
                    waiting.append(node)


def _describe(node: Any) -> None:
    if hasattr(node, "shape"):
        _ = (node.shape, node.dtype, node.chunks, node.compression)
    for key in node.attrs:
        with contextlib.suppress(OSError, TypeError, ValueError):
            _ = node.attrs[key]

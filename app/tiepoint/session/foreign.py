"""Files whose libraries can crash, examined in a process of their own before they are added."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tiepoint.data.h5_guard import is_hdf5
from tiepoint.project.child import EXAMINE_BYTES, EXAMINE_SECONDS, limit_memory, start, stop
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

MOST_OBJECTS = 20_000
CZI = b"ZISRAWFILE"
START_SECONDS = 60.0
"""A busy machine may take long to start the child: the file is not to be blamed for that."""
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
    process, to_child, from_child = start(_examine, path)
    try:
        if from_child.poll(START_SECONDS):
            from_child.recv()
        if not from_child.poll(seconds):
            raise TiepointError(
                f"{path.name} was refused: examining it took more than {seconds:g} s."
            )
        answer = from_child.recv()
    except EOFError:
        raise TiepointError(
            f"{path.name} is damaged: reading it ended the examining process."
        ) from None
    finally:
        to_child.close()
        stop(process)
    if answer is not None:
        raise TiepointError(answer)
    _examined.add(key)


def _is_czi(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(CZI)) == CZI


def _examine(_orders: Connection, answers: Connection, path: Path) -> None:
    import h5py

    limit_memory(EXAMINE_BYTES)
    answers.send("ready")
    answer = None
    try:
        if is_hdf5(path):
            with h5py.File(path, "r", locking=False) as file:
                _look_through(file)
        else:
            _open_all(path)
    except TiepointError as error:
        answer = str(error)
    except MemoryError:
        answer = f"{path.name} was refused: it needs more memory than it may use."
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything in h5py
        words = (str(error).strip().splitlines() or [""])[0][:200].rstrip(".")
        answer = f"{path.name} is damaged or cut short: {words or type(error).__name__}."
    answers.send(answer)


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

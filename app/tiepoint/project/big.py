"""Building a project file of more than 512 MB: a child process lets HDF5 write the temporary file.

The child may crash or be told a lie by a full disk: its file is read back and compared, array by
array, with digests made here, before it takes the place of anything.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.project.arrays import ArrayDigest, ArraySource, block_slices
from tiepoint.project.child import start, stop
from tiepoint.project.hdf5_image import write_tree
from tiepoint.project.reading import DamagedError, verify_file
from tiepoint.project.schema import ProjectFile
from tiepoint.project.seal import digest_of, seal_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

_Header = list[tuple[str, tuple[int, ...], str]]


def build_in_child(path: Path, document: bytes, arrays: Mapping[str, ArraySource]) -> str:
    """Write a sealed project file to `path`, which must not exist, and verify it.

    Returns
    -------
    str
        Hex BLAKE2b-256 of the bytes before the seal.

    Raises
    ------
    OSError
        As the disk reported it to the child.
    DamagedError
        If the child died or its file is not what was sent.
    """
    header = [(key, array.shape, array.dtype.str) for key, array in arrays.items()]
    process, to_child, from_child = start(_write, path, document, header)
    try:
        digests = _send(to_child, arrays)
        answer = from_child.recv()
    except (EOFError, OSError) as error:
        raise DamagedError("the process that wrote the file ended early") from error
    finally:
        to_child.close()
        stop(process)
    if isinstance(answer, OSError):
        raise answer
    if not isinstance(answer, tuple) or answer[0] != digests:
        raise DamagedError(f"the file came back changed ({answer})")
    return str(answer[1])


def _send(to_child: Connection, arrays: Mapping[str, ArraySource]) -> dict[str, str]:
    digests = {}
    for key, array in arrays.items():
        digest = ArrayDigest(array.shape, array.dtype)
        for _, block in array.blocks():
            digest.update(block)
            try:
                to_child.send_bytes(block.reshape(-1).view(np.uint8).data)
            except BrokenPipeError:
                return {}  # the child has stopped reading; its answer says why
        digests[key] = digest.hex()
    return digests


@dataclass(frozen=True)
class _Received:
    """An array that arrives through a pipe, as an `ArraySource`."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    orders: Connection

    def blocks(self) -> Iterator[tuple[slice, AnyArray]]:
        for rows in block_slices(self.shape, self.dtype):
            block = np.frombuffer(self.orders.recv_bytes(), self.dtype)
            yield rows, block.reshape(rows.stop - rows.start, *self.shape[1:])


def _write(
    orders: Connection, answers: Connection, path: Path, document: bytes, header: _Header
) -> None:
    import h5py

    try:
        arrays = {key: _Received(shape, np.dtype(dtype), orders) for key, shape, dtype in header}
        content = ProjectFile.model_validate(json.loads(document))
        with h5py.File(path, "x", locking=False) as file:
            digests = write_tree(file, content, document, arrays)
        digest = _finish(path, content.schema_version)
        verify_file(path, document, digests)
        answers.send((digests, digest))
    except OSError as error:
        answers.send(OSError(error.errno, error.strerror or str(error)))
    except Exception as error:  # noqa: BLE001 - HDF5 on a failing disk raises anything
        answers.send(f"{type(error).__name__}: {error}")


def _finish(path: Path, schema_version: int) -> str:
    """Append the seal, wait for the disk and return the digest."""
    size, digest = digest_of(path)
    with path.open("rb+") as file:
        file.seek(0, os.SEEK_END)
        file.write(seal_line(schema_version, size, digest))
        file.flush()
        os.fsync(file.fileno())
    return digest

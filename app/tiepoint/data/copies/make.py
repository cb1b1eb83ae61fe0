"""Making a local copy of a spectrum image: read once, written in a form that answers fast."""

from __future__ import annotations

import errno
import shutil
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.copies.events import TILE, EventWriter, events_pay
from tiepoint.data.copies.folder import folder_bytes, open_copy
from tiepoint.data.copies.shard import DamagedCopyError, ShardArray, ShardWriter
from tiepoint.data.copies.slabs import SLAB_BYTES, boxes, slab_shape
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tiepoint.data.copies.folder import CopyFolder
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

    Progress = Callable[[float], None]

CHANNELS = 128
"""Channels of a chunk: a line with its background touches one or two."""

WORTH_BYTES = 64 << 20
"""Below this the file itself is fast enough."""

LEAVE_FREE_BYTES = 256 << 20
"""Room on the disk that a copy never takes."""

_WRITING = 0.9  # share of the progress; checking is the rest
_SAMPLES = 6


class NoCopyError(TiepointError):
    """The copy was not made; everything works without it, only slower."""


class _TooDense(Exception):
    """There are more events than expected: chunks take less room."""


def is_worth(source: ArrayLike, place: int) -> bool:
    """Whether a copy would be faster than the source.

    Parameters
    ----------
    source
        Spectrum image as its file gives it.
    place
        Position of the spectral axis.
    """
    if isinstance(source, np.ndarray) or len(source.shape) != 3 or source.dtype.kind not in "uif":
        return False
    if prod(source.shape) * source.dtype.itemsize < WORTH_BYTES:
        return False
    chunks = getattr(source, "chunks", None)
    if not chunks or not all(isinstance(one, int | np.integer) for one in chunks):
        return True
    # A window of one chunk's channels over the whole image: what is read against what is needed.
    return bool(
        chunks[place] > 2 * CHANNELS or prod(chunks) > 8 * prod(chunk_shape(source.shape, place))
    )


def chunk_shape(shape: Sequence[int], place: int) -> tuple[int, ...]:
    """Return (64, 64, 128) in the order of the axes, no larger than the array."""
    return tuple(min(CHANNELS if axis == place else TILE, size) for axis, size in enumerate(shape))


def make_copy(
    source: ArrayLike,
    place: int,
    folder: CopyFolder,
    name: str,
    attributes: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ArrayLike:
    """Copy a spectrum image into the folder of local copies and check every chunk of it.

    Until it is complete and checked it bears a name under which nobody looks for it; stopped,
    killed or out of room, it leaves nothing that could be taken for a copy.

    Parameters
    ----------
    source
        The values.
    place
        Position of the spectral axis.
    folder
        Where copies lie.
    name
        Of the copy: its `fingerprint`.
    attributes
        JSON-able facts kept with it.
    progress
        Called with the share done; what it raises stops the work.

    Returns
    -------
    ArrayLike
        The copy: the same values, bit for bit.

    Raises
    ------
    NoCopyError
        In words, if there is no room or the copy does not read back.
    """
    tell = progress or _no_progress
    facts = dict(attributes or {})
    try:
        if not _are_events(source, place):
            return _make(source, place, folder, name, facts, tell, events=False)
        try:
            return _make(source, place, folder, name, facts, tell, events=True)
        except _TooDense:
            return _make(source, place, folder, name, facts, tell, events=False)
    except OSError as error:
        raise NoCopyError(_why_not(error, folder)) from error
    except DamagedCopyError as error:
        raise NoCopyError(
            f"The copy for fast spectra did not read back as it was written ({error})"
            " and was removed; spectra are read from the file itself, more slowly."
        ) from error


def _make(
    source: ArrayLike,
    place: int,
    folder: CopyFolder,
    name: str,
    attributes: dict[str, Any],
    tell: Progress,
    *,
    events: bool,
) -> ArrayLike:
    part = folder.begin()
    try:
        dtype = source.dtype.newbyteorder("=")
        if events:
            _write_events(
                source, EventWriter(part, source.shape, dtype, place, attributes), folder, tell
            )
        else:
            chunks = chunk_shape(source.shape, place)
            writer = ShardWriter(part, source.shape, dtype, chunks, attributes)
            _write_chunks(source, writer, folder, tell)
        _verify(part, tell)
        folder.finish(part, name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    tell(1.0)
    found = folder.find(name, tuple(source.shape))
    if found is None:
        raise NoCopyError("The copy for fast spectra was removed as soon as it was made.")
    return found


def _write_events(
    source: ArrayLike, writer: EventWriter, folder: CopyFolder, tell: Progress
) -> None:
    rows_at = 1 if writer.place == 0 else 0
    rows = source.shape[rows_at]
    dense = prod(source.shape) // rows * source.dtype.itemsize
    try:
        for top in range(0, rows, TILE):
            tell(_WRITING * top / rows)
            _room(folder, writer.folder)
            box = [slice(None)] * 3
            box[rows_at] = slice(top, min(top + TILE, rows))
            writer.write(np.asarray(source[tuple(box)]))
            if 2 * writer.count > 0.5 * dense * min(top + TILE, rows):
                raise _TooDense
        writer.close()
    except BaseException:
        writer.abandon()
        raise


def _write_chunks(
    source: ArrayLike, writer: ShardWriter, folder: CopyFolder, tell: Progress
) -> None:
    steps = slab_shape(source, writer.chunks)
    pieces = list(boxes(source.shape, steps))
    try:
        for done, box in enumerate(pieces):
            tell(_WRITING * done / len(pieces))
            _room(folder, writer.folder)
            block = np.asarray(source[tuple(slice(*one) for one in box)])
            writer.write([start for start, _ in box], block)
        writer.close()
    except BaseException:
        writer.abandon()
        raise


def _verify(part: Path, tell: Progress) -> None:
    """Read the whole copy back; every chunk is compared with its checksum."""
    found = open_copy(part, check=True)
    if not isinstance(found, ShardArray):
        return
    places = list(np.ndindex(*found.index.shape[:-1]))
    with found.open() as stream:
        for done, place in enumerate(places):
            if done % 64 == 0:
                tell(_WRITING + (1 - _WRITING) * done / len(places))
            found.chunk(stream, place)


def _are_events(source: ArrayLike, place: int) -> bool:
    """Judge from a few pieces whether single events take less room than chunks."""
    if source.dtype.kind != "u" or len(source.shape) != 3:
        return False
    if TILE * prod(source.shape) // source.shape[1 if place == 0 else 0] > 4 * SLAB_BYTES:
        return False
    rows_at = 1 if place == 0 else 0
    rows = source.shape[rows_at]
    total = size = 0
    for number in range(_SAMPLES):
        box = [slice(None)] * 3
        row = number * (rows - 1) // (_SAMPLES - 1)
        box[rows_at] = slice(row, row + 1)
        block: AnyArray = np.asarray(source[tuple(box)])
        total += int(block.sum(dtype=np.uint64))
        size += block.size
    return events_pay(source.shape, source.dtype, total / max(size, 1))


def _room(folder: CopyFolder, part: Path) -> None:
    """Refuse to fill the disk or to grow beyond the limit.

    Raises
    ------
    NoCopyError
        In words.
    """
    if shutil.disk_usage(folder.path).free < LEAVE_FREE_BYTES:
        raise OSError(errno.ENOSPC, "no space left")
    taken = folder_bytes(part)
    if taken > folder.limit_bytes:
        raise NoCopyError(
            f"A copy for fast spectra would take more than the {folder.limit_bytes / 1e9:.3g} GB"
            " that copies may take; spectra are read from the file itself, more slowly. The limit"
            " is in the preferences."
        )


def _why_not(error: OSError, folder: CopyFolder) -> str:
    slower = "spectra are read from the file itself, more slowly."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"There is no room in {folder.path} for a copy for fast spectra; {slower}"
            " Free some space there and open the data again."
        )
    reason = error.strerror or type(error).__name__
    return f"A copy for fast spectra could not be made in {folder.path} ({reason}); {slower}"


def _no_progress(fraction: float) -> None:
    """Tell nobody."""

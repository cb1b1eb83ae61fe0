"""Sparse counts as single events, sorted so that maps and spectra touch few of them.

The image is cut into tiles of 64 × 64 pixels. Of each tile the events are kept channel after
channel, an event being the number of its pixel inside the tile (16 bits); a count of three is three
events. `starts` says where each channel of each tile begins. A map of some channels reads one
stretch of events per tile; the spectrum of a whole tile is read off `starts` alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.copies.shard import DamagedCopyError, pool
from tiepoint.data.indexing import basic_index, result_shape, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiepoint.support.arrays import AnyArray

TILE = 64

_COMPILE_FROM = 40_000_000  # events that take numpy about as long as the compiler
_ready: set[str] = set()


@dataclass(frozen=True)
class EventArray:
    """A spectrum image of counts, kept as events; reads like the dense array.

    Attributes
    ----------
    folder
        Where it lies; empty if it is in memory only.
    shape, dtype
        Of the dense array.
    place
        Position of the spectral axis.
    starts
        (tiles, channels + 1) int64, into `events`; tiles row by row.
    events
        (N,) uint16, pixel numbers inside their tile: 64 · row + column.
    """

    folder: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    place: int
    starts: AnyArray = field(repr=False, compare=False)
    events: AnyArray = field(repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Send the place, not the events, to other processes."""
        if self.folder:
            return _reopened, (self.folder,)
        return EventArray, (
            "", self.shape, self.dtype, self.place, self.starts, np.array(self.events)
        )  # fmt: skip

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the events and their table."""
        return int(self.starts.nbytes + self.events.nbytes)

    @property
    def chunks(self) -> tuple[int, ...]:
        """The pieces that are read at a time."""
        return tuple(
            size if axis == self.place else min(TILE, size) for axis, size in enumerate(self.shape)
        )

    @property
    def image(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (size for axis, size in enumerate(self.shape) if axis != self.place)
        return rows, columns

    @property
    def tiles(self) -> tuple[int, int]:
        """Tiles per column and per row."""
        rows, columns = self.image
        return -(-rows // TILE), -(-columns // TILE)

    def window_counts(self, first: int, last: int) -> AnyArray:
        """Return the counts of channels `first` to `last`, both included: (rows, columns)."""
        high, wide = self.tiles
        out = np.zeros((high * wide, TILE * TILE), np.uint32)
        begins, ends = self.starts[:, first], self.starts[:, last + 1]
        if _compiled(int((ends - begins).sum())):
            from tiepoint.data.copies.event_kernels import count_pixels

            cuts = np.linspace(0, len(out), 3).astype(int)
            list(_both(lambda a, b: count_pixels(self.events, begins, ends, out, a, b), cuts))
        else:
            for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
                out[number] = np.bincount(self.events[begin:end], minlength=TILE * TILE)
        image = out.reshape(high, wide, TILE, TILE).swapaxes(1, 2).reshape(high * TILE, -1)
        rows, columns = self.image
        return np.ascontiguousarray(image[:rows, :columns])

    def spectrum(self, mask: AnyArray) -> AnyArray:
        """Return the sum of the spectra where `mask` (rows, columns) is True: (channels,) int64."""
        high, wide = self.tiles
        padded = np.zeros((high * TILE, wide * TILE), bool)
        padded[: mask.shape[0], : mask.shape[1]] = mask
        parts = padded.reshape(high, TILE, wide, TILE).swapaxes(1, 2).reshape(high * wide, -1)
        rows, columns = self.image
        total = np.zeros(self.shape[self.place], np.int64)
        partly = []
        for number in np.flatnonzero(parts.any(axis=1)):
            top, left = (TILE * n for n in divmod(int(number), wide))
            pixels = min(TILE, rows - top) * min(TILE, columns - left)
            if parts[number].sum() == pixels:
                total += np.diff(self.starts[number])
            else:
                partly.append(int(number))
        return total + self._counted(parts, partly)

    def _counted(self, parts: AnyArray, tiles: list[int]) -> AnyArray:
        """Return the events of some tiles whose pixels are in `parts`, by channel."""
        total = np.zeros(self.shape[self.place], np.int64)
        if _compiled(sum(int(self.starts[n, -1] - self.starts[n, 0]) for n in tiles)):
            from tiepoint.data.copies.event_kernels import count_channels

            def part(low: int, high: int) -> AnyArray:
                own = np.zeros_like(total)
                chosen = np.array(tiles[low:high], np.int64)
                count_channels(self.events, self.starts, parts, chosen, own)
                return own

            halves = list(_both(part, np.linspace(0, len(tiles), 3).astype(int)))
            return np.asarray(halves[0] + halves[1])
        for number in tiles:
            starts = self.starts[number]
            inside = parts[number][self.events[starts[0] : starts[-1]]]
            upto = np.concatenate([[0], np.cumsum(inside, dtype=np.int64)])
            total += np.diff(upto[starts - starts[0]])
        return total

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part of the dense array by basic slicing."""
        index = basic_index(key, self.shape)
        wanted = [taken(part) for part in index]
        if any(not len(one) for one in wanted):
            return np.empty(result_shape(index), self.dtype)
        box = [(one[0], one[-1] + 1) for one in wanted]
        channels = box.pop(self.place)
        block = self._dense(box[0], box[1], channels)
        steps = tuple(
            0 if isinstance(part, int) else slice(None, None, part.step) for part in index
        )
        return np.moveaxis(block, 0, self.place)[steps]

    def _dense(
        self, rows: tuple[int, int], columns: tuple[int, int], channels: tuple[int, int]
    ) -> AnyArray:
        """Return (channels, rows, columns) of a box."""
        count = channels[1] - channels[0]
        out = np.zeros((count, rows[1] - rows[0], columns[1] - columns[0]), self.dtype)
        for down in range(rows[0] // TILE, (rows[1] - 1) // TILE + 1):
            for right in range(columns[0] // TILE, (columns[1] - 1) // TILE + 1):
                tile = self._tile(down * self.tiles[1] + right, *channels)
                top, left = down * TILE, right * TILE
                low, high = max(rows[0], top), min(rows[1], top + TILE)
                near, far = max(columns[0], left), min(columns[1], left + TILE)
                out[:, low - rows[0] : high - rows[0], near - columns[0] : far - columns[0]] = tile[
                    :, low - top : high - top, near - left : far - left
                ]
        return out

    def _tile(self, number: int, first: int, stop: int) -> AnyArray:
        starts = self.starts[number, first : stop + 1]
        channel = np.repeat(np.arange(stop - first), np.diff(starts))
        flat = channel * (TILE * TILE) + self.events[starts[0] : starts[-1]]
        dense = np.bincount(flat, minlength=(stop - first) * TILE * TILE)
        return dense.reshape(stop - first, TILE, TILE)


@dataclass
class EventWriter:
    """Writes the events of an image, tile row by tile row.

    Parameters
    ----------
    folder
        Where the copy is made; must not exist.
    shape, dtype, place
        Of the dense array; `place` is that of its spectral axis.
    attributes
        JSON-able facts kept with it.

    Attributes
    ----------
    count
        Events written so far.
    """

    folder: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    place: int
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._starts: list[AnyArray] = []
        self.count = 0
        self._crc = 0
        self._file = (self.folder / "events").open("wb")

    def write(self, block: AnyArray) -> None:
        """Write the next tile row: the whole width and all channels of up to 64 rows."""
        import google_crc32c

        cube = np.moveaxis(block, self.place, 0)
        for left in range(0, cube.shape[2], TILE):
            starts, events = _events_of(np.ascontiguousarray(cube[:, :, left : left + TILE]))
            self._starts.append(starts + self.count)
            self.count += events.size
            data = events.astype("<u2").tobytes()
            self._crc = google_crc32c.extend(self._crc, data)
            self._file.write(data)

    def close(self) -> None:
        """Write the table and the description, and wait until they are on the disk."""
        import google_crc32c

        starts = np.array(self._starts, "<i8")
        facts = {
            "tiepoint_events": 1,
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "spectral_axis": self.place,
            "tiles": len(self._starts),
            "events": self.count,
            "crc32c": {"starts": google_crc32c.value(starts.tobytes()), "events": self._crc},
            "attributes": self.attributes,
        }
        _finish(self._file)
        for name, data in (
            ("starts", starts.tobytes()), ("events.json", json.dumps(facts).encode())
        ):  # fmt: skip
            with (self.folder / name).open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())

    def abandon(self) -> None:
        """Close the file; the folder is worthless."""
        self._file.close()


def open_events(folder: Path, check: bool = False) -> tuple[EventArray, dict[str, Any]]:
    """Open what an `EventWriter` wrote, as a memory map; returns it and its attributes.

    Parameters
    ----------
    check
        Also read all events and compare their checksum.

    Raises
    ------
    DamagedCopyError
        If the folder does not hold it, whole.
    """
    import google_crc32c

    try:
        facts = json.loads((folder / "events.json").read_bytes())
        shape, place = tuple(facts["shape"]), int(facts["spectral_axis"])
        packed = (folder / "starts").read_bytes()
        starts = np.frombuffer(packed, "<i8").reshape(facts["tiles"], shape[place] + 1)
        count = int(facts["events"])
        path = folder / "events"
        if path.stat().st_size != 2 * count:
            raise ValueError("length")
        events = np.memmap(path, "<u2", "r") if count else np.zeros(0, "<u2")
        sums = facts["crc32c"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedCopyError(f"The local copy {folder.name} cannot be read.") from error
    fair = google_crc32c.value(packed) == sums["starts"]
    if check and fair:
        fair = google_crc32c.value(events.tobytes()) == sums["events"]
    if not fair:
        raise DamagedCopyError(f"The local copy {folder.name} is damaged.")
    array = EventArray(str(folder), shape, np.dtype(facts["dtype"]), place, starts, events)
    return array, dict(facts["attributes"])


def _reopened(folder: str) -> EventArray:
    return open_events(Path(folder))[0]


def warm_up() -> None:
    """Compile the counting (or load it), so that no first drag waits for it."""
    from tiepoint.data.copies.event_kernels import count_channels, count_pixels

    events, starts = np.zeros(1, "<u2"), np.array([[0, 1]])
    for array in (events, starts):
        array.flags.writeable = False
    count_pixels(events, starts[:, 0], starts[:, 1], np.zeros((1, 1), np.uint32), 0, 1)
    one = np.ones((1, 1), bool)
    count_channels(events, starts, one, np.array([0]), np.zeros(1, np.int64))
    _ready.add("compiled")


def _compiled(events: int) -> bool:
    """Whether to count by compiled loops: they are ready, or worth waiting for."""
    return bool(_ready) or events >= _COMPILE_FROM


def _both(work: Callable[[int, int], Any], cuts: AnyArray) -> Iterator[Any]:
    """Do the two halves of some work side by side."""
    return pool().map(work, cuts[:-1], cuts[1:])


def events_pay(shape: Sequence[int], dtype: np.dtype[Any], counts_per_value: float) -> bool:
    """Whether events take at most a quarter of the dense array's bytes."""
    return dtype.kind == "u" and 2 * counts_per_value <= 0.25 * dtype.itemsize and prod(shape) > 0


def _events_of(cube: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return starts (channels + 1,) and events of one tile (channels, rows, columns)."""
    channel, row, column = np.nonzero(cube)
    counts = cube[channel, row, column].astype(np.int64)
    pixels = (row * TILE + column).astype(np.uint16)
    per_channel = np.bincount(channel, weights=counts, minlength=cube.shape[0]).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(per_channel)])
    return starts, np.repeat(pixels, counts)


def _finish(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()

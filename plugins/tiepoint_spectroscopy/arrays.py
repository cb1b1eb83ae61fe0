"""Lazy arrays over signals: opened anew for every read, nothing kept open in between."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tiepoint.sdk import LazyArray
from tiepoint_spectroscopy.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint_spectroscopy.signal import Signal

Part = Literal["values", "amplitude", "phase", "colours"]


@contextmanager
def open_signal(path: str, format_name: str, index: int, part: Part) -> Iterator[Any]:
    """Yield one signal of a file as something that slices like numpy.

    Parameters
    ----------
    path, format_name
        As given to `parse`.
    index
        Which signal of the file.
    part
        Of complex values the amplitude or the phase (rad); of structured RGB(A) pixels the
        colours, as a last axis.
    """
    parsed = parse(Path(path), format_name)
    yield Sliced(parsed.signals[index].data, part)


class Sliced:
    """Reads by basic slicing from any of the arrays that readers hand over."""

    def __init__(self, data: Any, part: Part) -> None:
        self.data = data
        self.part = part

    def __getitem__(self, key: Any) -> Any:
        """Return the values at `key` as a numpy array."""
        if self.part == "colours":
            return _colours(self.data)[key]
        values = _computed(self.data[key])
        # A copy in native byte order: no memory map stays behind the values.
        values = np.array(values, dtype=_native(np.dtype(values.dtype)))
        if self.part == "amplitude":
            return np.abs(values)
        return np.angle(values) if self.part == "phase" else values


def lazy(path: Path, format_name: str, index: int, signal: Signal, part: Part) -> LazyArray:
    """Return the lazy array of one part of a signal.

    Parameters
    ----------
    path, format_name, index, part
        As in `open_signal`.
    signal
        The signal itself, for shape and type; it is not kept.
    """
    data = signal.data
    shape, dtype = tuple(int(n) for n in data.shape), _native(np.dtype(data.dtype))
    chunks = _chunks(data)
    if part == "colours":
        shape, dtype, chunks = (*shape, len(_colour_names(dtype))), np.dtype(np.uint8), None
    elif part in ("amplitude", "phase"):
        dtype = np.dtype(np.float32 if dtype.itemsize <= 8 else np.float64)
    return LazyArray(
        opener=open_signal,
        arguments=(str(path), format_name, index, part),
        shape=shape,
        dtype=dtype,
        chunks=chunks,
    )


def is_colour(dtype: np.dtype[Any]) -> bool:
    """Whether pixels are structured RGB or RGBA of 8 bits."""
    names = dtype.names or ()
    return set("RGB") <= set(names) and all(dtype[n] == np.uint8 for n in names)


def _computed(values: Any) -> Any:
    """Compute in this thread: a pool's worker would hold the last memory map a while longer."""
    if hasattr(values, "compute"):
        return values.compute(scheduler="synchronous")
    return values


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("=")


def _colour_names(dtype: np.dtype[Any]) -> tuple[str, ...]:
    # A stored alpha of 0 everywhere (DigitalMicrograph) would hide the picture: colours only.
    return tuple(name for name in "RGB" if name in (dtype.names or ()))


def _colours(data: Any) -> Any:
    pixels = np.asarray(_computed(data))
    return np.stack([pixels[name] for name in _colour_names(pixels.dtype)], axis=-1)


def _chunks(data: Any) -> tuple[int, ...] | None:
    chunks = getattr(data, "chunksize", None) or getattr(data, "chunks", None)
    if chunks is None or any(not isinstance(n, int | np.integer) for n in chunks):
        return None
    return tuple(int(n) for n in chunks)

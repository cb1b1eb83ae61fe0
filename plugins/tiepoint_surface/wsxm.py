"""WSxM .top and .stp: a text header of stated length, then int16 or float64 values."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, TiepointError, decoded_array, known, raw_array, readable_text
from tiepoint_surface.channels import Channel, surface_draft
from tiepoint_surface.words import length_in, quantity

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import DatasetDraft

MAGIC = b"WSxM file copyright"
_SIZE = re.compile(r"Image header size:\s*(\d+)")
CORNER = (
    "The file does not say from which corner it was scanned: the image may have to be turned by"
    " 180°."
)


def read(path: Path) -> list[DatasetDraft]:
    """Return the one image of the file.

    Raises
    ------
    TiepointError
        If the header states no size, or the values are of a type that is not known.
    """
    words, start = header(path)
    rows, columns = (_whole(words, f"Number of {name}") for name in ("rows", "columns"))
    kind = words.get("Image Data Type", "short")
    if rows < 1 or columns < 1 or kind not in ("short", "double"):
        raise TiepointError(f"{path.name} is damaged: its header states no image.")
    dtype = np.dtype("<i2" if kind == "short" else "<f8")
    raw_array(path, start, (rows, columns), dtype)
    full, unit = quantity(words.get("Z Amplitude"))
    array = decoded_array(
        decode, path, (rows, columns), np.dtype(np.float32), start, dtype.str, full or 0.0
    )
    (y, unit_y), (x, unit_x) = (quantity(words.get(f"{axis} Amplitude")) for axis in "YX")
    length = length_in(unit_x) if length_in(unit_x) == length_in(unit_y) else None
    channel = Channel(
        words.get("Acquisition channel", "image"), "image", array, y, x, length,
        unit if full else None, warnings=(CORNER,),
    )  # fmt: skip
    metadata = Metadata(
        identification=known(
            acquired=words.get("Acquisition time"), instrument=words.get("Head type")
        ),
        references=known(
            offset_x=words.get("X Offset"), offset_y=words.get("Y Offset"),
            rotation=words.get("Angle"),
        ),
        settings=known(setpoint=words.get("Set Point"), rate=words.get("X-Frequency")),
    )  # fmt: skip
    return [surface_draft(channel, "AFM", metadata, partial(original, path))]


def header(path: Path) -> tuple[dict[str, str], int]:
    """Return the entries and the byte at which the values begin."""
    with path.open("rb") as stream:
        found = _SIZE.search(readable_text(stream.read(512)))
        if found is None:
            raise TiepointError(f"{path.name} states no size of its header; it is damaged.")
        size = int(found.group(1))
        stream.seek(0)
        text = readable_text(stream.read(min(size, 1 << 20)))
    entries = [line.partition(":") for line in text.splitlines()]
    return {key.strip(): value.strip() for key, mark, value in entries if mark}, size


def decode(path: Path, start: int, dtype: str, full: float) -> npt.NDArray[Any]:
    """Return heights: the stored values span what the header calls the amplitude."""
    words, _ = header(path)
    shape = _whole(words, "Number of rows"), _whole(words, "Number of columns")
    stored = np.asarray(raw_array(path, start, shape, np.dtype(dtype))[...], float)
    span = float(np.ptp(stored))
    if full and span:
        stored = (stored - stored.min()) * (full / span)
    return stored.astype(np.float32)


def _whole(words: dict[str, str], key: str) -> int:
    value = words.get(key, "")
    return int(value) if value.isdigit() else 0


def original(path: Path) -> dict[str, Any]:
    """Return the header's entries, verbatim."""
    return dict(header(path)[0])

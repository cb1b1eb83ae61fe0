"""JPK images: TIFF pages with private tags for place, size and a choice of scalings.

Tags: JPK Instruments, *The JPK image file format specification*; page 0 is a thumbnail that
carries the grid, every further page a channel of integers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, Scaled, TiepointError, decoded_array, jsonable, known
from tiepoint_surface.channels import Channel, surface_draft

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import DatasetDraft

VERSION, X0, Y0, SIZE_X, SIZE_Y, MODE = 0x8000, 0x8040, 0x8041, 0x8042, 0x8043, 0x8052
DATE, NAME, RETRACE, SLOTS, DEFAULT = 0x8003, 0x8052, 0x8051, 0x8080, 0x8081
CHANNEL = 0x8050
FIRST_SLOT, SLOT_TAGS = 0x8090, 0x30
UNIT, SCALING, FACTOR, OFFSET = 0x12, 0x13, 0x14, 0x15
"""Within a slot's tags; its own number stands times `SLOT_TAGS`, the unit's first at +0x12."""
LINEAR = "LinearScaling"


def read(path: Path) -> list[DatasetDraft]:
    """Return every channel of the image; the lowest line comes first in the file.

    Raises
    ------
    TiepointError
        If the TIFF is not one of JPK's.
    """
    import tifffile

    with tifffile.TiffFile(path) as tif:
        first = tif.pages.first.tags
        if VERSION not in first or SIZE_X not in first:
            raise TiepointError(f"{path.name} is no image of a JPK microscope.")
        grid = {code: float(first.valueof(code)) for code in (X0, Y0, SIZE_X, SIZE_Y)}
        metadata = Metadata(
            identification=known(acquired=str(first.valueof(DATE, ""))),
            settings=known(mode=str(first.valueof(MODE, ""))),
        )
        pages: list[Any] = [tif.pages[n] for n in range(1, len(tif.pages))]
        channels = [
            _channel(path, n, page, grid) for n, page in enumerate(pages, 1) if page.ndim == 2
        ]
    return [
        surface_draft(channel, "AFM", metadata, partial(original, path, int(channel.key)))
        for channel in channels
    ]


def _channel(path: Path, number: int, page: Any, grid: dict[int, float]) -> Channel:
    tags = page.tags
    slot = _slot(tags)
    stored = decoded_array(decode, path, tuple(page.shape), np.dtype(page.dtype), number)
    factor = float(tags.valueof(slot + FACTOR, 1.0)) if slot else 1.0
    offset = float(tags.valueof(slot + OFFSET, 0.0)) if slot else 0.0
    words = str(tags.valueof(NAME, "") or tags.valueof(CHANNEL, f"channel {number}"))
    back = " retrace" if tags.valueof(RETRACE, 0) else ""
    array = Scaled(stored, factor, offset) if slot else stored
    return Channel(
        title=words + back, key=str(number), array=array,
        size_y=grid[SIZE_Y], size_x=grid[SIZE_X], length_unit="m",
        unit=str(tags.valueof(slot + UNIT, "")) or None if slot else None,
        upwards=True, offset_y=-grid[Y0], offset_x=grid[X0],
    )  # fmt: skip


def _slot(tags: Any) -> int:
    """Return the first tag of the scaling that was chosen at the instrument; 0 for raw values."""
    chosen = str(tags.valueof(DEFAULT, ""))
    for number in range(int(tags.valueof(SLOTS, 0))):
        base = FIRST_SLOT + SLOT_TAGS * number
        if str(tags.valueof(base, "")) == chosen and tags.valueof(base + SCALING, "") == LINEAR:
            return int(base)
    return 0


def decode(path: Path, number: int) -> npt.NDArray[Any]:
    """Return the stored integers of a page."""
    import tifffile

    with tifffile.TiffFile(path) as tif:
        page: Any = tif.pages[number]
        return np.asarray(page.asarray())


def original(path: Path, number: int) -> dict[str, Any]:
    """Return the tags of the grid and of a channel, verbatim."""
    import tifffile

    with tifffile.TiffFile(path) as tif:
        channel: Any = tif.pages[number]
        return {
            name: {hex(tag.code): jsonable(tag.value) for tag in page.tags.values()}
            for name, page in (("grid", tif.pages.first), ("channel", channel))
        }

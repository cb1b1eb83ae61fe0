"""Bruker and Veeco NanoScope: a text header of sections, then integers per channel.

A stored integer is ``value / 2^bits`` of the channel's full scale, times the sensitivity that the
scale names (NanoScope Software 8.10 User Guide, *Nanoscope file format*).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, Scaled, TiepointError, known, raw_array, readable_text
from tiepoint_surface.channels import Channel, surface_draft
from tiepoint_surface.words import length_in, numbers, quantity

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft

MAGICS = (b"\\*File list", b"?*File list", b"\\*Force file list")
MOST_HEADER = 1 << 20
END = b"*File list end"
_SOFT = re.compile(r"\[(.*?)\]")
_NAME = re.compile(r'"(.*?)"')

Section = dict[str, str]


def is_nanoscope(_path: Path, head: bytes) -> bool:
    """Whether the head is that of a NanoScope file."""
    return head.startswith(MAGICS)


def read(path: Path) -> list[DatasetDraft]:
    """Return every image channel; lines are stored from the bottom of the scan.

    Gwyddion turns every image of this format upside down, whatever its frame direction
    (``modules/file/nanoscope.c``).

    Raises
    ------
    TiepointError
        If the file holds force curves only, or a channel does not fit into it.
    """
    sections = header(path)
    shared: Section = {}
    for title, words in sections:
        if "image list" not in title.lower():
            shared.update(words)
    images = [words for title, words in sections if title.lower() == "ciao image list"]
    if not images:
        raise TiepointError(f"{path.name} holds no image, only force curves or settings.")
    metadata = _metadata(shared)
    names = [_title(words, n) for n, words in enumerate(images, 1)]
    return [
        surface_draft(
            _channel(path, _unique(names, n), n, words, shared), "AFM", metadata,
            partial(original, path),
        )
        for n, words in enumerate(images)
    ]  # fmt: skip


def header(path: Path) -> list[tuple[str, Section]]:
    """Return the sections in order: title and entries."""
    with path.open("rb") as stream:
        data = stream.read(MOST_HEADER)
    text = readable_text(data.partition(END)[0]) if END in data else ""
    found: list[tuple[str, Section]] = []
    for raw in text.splitlines():
        line = raw.lstrip("\\?")
        if line.startswith("*"):
            found.append((line[1:].strip(), {}))
        elif ":" in line and found:
            key, value = _entry(line)
            found[-1][1].setdefault(key, value)
    if not found:
        raise TiepointError(f"{path.name} is truncated: its header has no end.")
    return found


def _entry(line: str) -> tuple[str, str]:
    """Split ``@2:Z scale: V [Sens. Zsens] …``; the group number before the name is left out."""
    if line.startswith("@"):
        rest = line[1:]
        group, _, after = rest.partition(":")
        rest = after if group.strip().isdigit() else rest
        key, _, value = rest.partition(":")
        return "@" + key.strip(), value.strip()
    key, _, value = line.partition(":")
    return key.strip(), value.strip()


def _channel(path: Path, title: str, number: int, words: Section, shared: Section) -> Channel:
    try:
        columns, rows = int(words["Samps/line"].split()[0]), int(words["Number of lines"])
        offset, size = int(words["Data offset"]), int(words["Data length"])
    except (KeyError, ValueError, IndexError) as error:
        raise TiepointError(f"{path.name} is damaged: channel {number + 1} has no size.") from error
    width = size // (rows * columns) if rows > 0 and columns > 0 else 0
    if width not in (2, 4):
        raise TiepointError(
            f"{path.name} is damaged: {size} bytes are no {rows} × {columns} integers."
        )
    stored = raw_array(path, offset, (rows, columns), np.dtype(f"<i{width}"))
    factor, unit = _scale(words, shared, width)
    sizes, length = _size(words, shared)
    return Channel(
        title, f"{number} {title}", stored if factor is None else Scaled(stored, factor),
        *sizes, length, unit, upwards=True,
        warnings=() if factor is not None else (f"{title}: values are as stored, not scaled.",),
        settings=known(direction=words.get("Line Direction"), frame=words.get("Frame direction")),
    )  # fmt: skip


def _scale(words: Section, shared: Section, width: int) -> tuple[float | None, str | None]:
    """Return what one stored step is, and its unit."""
    said = words.get("@Z scale", "")
    tail = said.rpartition(")")[2] or said
    full, unit = quantity(_SOFT.sub("", tail))
    if full is None:
        return None, None
    soft = _SOFT.search(said)
    if soft and soft.group(1):
        sensitivity, per = quantity(shared.get(f"@{soft.group(1)}", ""))
        if sensitivity is None:
            return None, None
        full, unit = full * sensitivity, per.partition("/")[0]
    return full / 2 ** (8 * width), unit.replace("~", "µ") or None


def _size(words: Section, shared: Section) -> tuple[tuple[float | None, float | None], str | None]:
    """Return the edge lengths along y and x, and their unit."""
    said = words.get("Scan Size") or words.get("Scan size") or shared.get("Scan Size", "")
    lengths = numbers(said)
    unit = length_in(said.split()[-1] if said else None)
    if not lengths or unit is None:
        return (None, None), None
    return (lengths[1] if len(lengths) > 1 else lengths[0], lengths[0]), unit


def _title(words: Section, number: int) -> str:
    found = _NAME.search(words.get("@Image Data", ""))
    return found.group(1) if found and found.group(1) else f"channel {number}"


def _unique(names: list[str], number: int) -> str:
    earlier = names[:number].count(names[number])
    return names[number] if not earlier else f"{names[number]} {earlier + 1}"


def _metadata(shared: Section) -> Metadata:
    return Metadata(
        identification=known(
            acquired=shared.get("Date"), instrument=shared.get("Microscope") or "",
            software=shared.get("Version"),
        ),
        references=known(
            stage_x=shared.get("Stage X"), stage_y=shared.get("Stage Y"),
            stage_z=shared.get("Stage Z"),
        ),
        settings=known(
            mode=shared.get("Operating mode"), scan_rate=shared.get("Scan Rate"),
            rotation=shared.get("Rotate Ang."), tip=shared.get("Tip Serial Number"),
        ),
    )  # fmt: skip


def original(path: Path) -> dict[str, Any]:
    """Return the sections of the header, verbatim."""
    found: dict[str, Any] = {}
    for title, words in header(path):
        count = sum(key.partition(" #")[0] == title for key in found)
        found[title if not count else f"{title} #{count + 1}"] = words
    return found

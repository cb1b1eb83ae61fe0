"""Nanosurf .nid: an .ini header that ends in ``#!``, then the channels' integers one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, Scaled, TiepointError, known, raw_array, readable_text
from tiepoint_surface.channels import Channel, surface_draft
from tiepoint_surface.words import length_in

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft

END = b"#!"
MOST_HEADER = 1 << 22
BITS = (8, 16, 32)


def read(path: Path) -> list[DatasetDraft]:
    """Return every image channel; lines are stored from the bottom of the scan.

    Gwyddion reads the last line first (``modules/file/ezdfile.c``).

    Raises
    ------
    TiepointError
        If the header does not end, or the file is shorter than it says.
    """
    sections, at = header(path)
    metadata = _metadata(sections)
    drafts = []
    for group, place, name in _listed(sections):
        words = sections.get(name)
        if words is None:
            continue
        rows, columns, bits = (_whole(words, key) for key in ("Lines", "Points", "SaveBits"))
        if bits not in BITS or rows < 1 or columns < 1:
            raise TiepointError(f"{path.name} is damaged: {name} states no size.")
        if rows > 1:
            key = f"{group}:{place}"
            channel = _channel(path, key, words, sections, at, (rows, columns), bits)
            drafts.append(surface_draft(channel, "AFM", metadata, partial(original, path)))
        at += rows * columns * bits // 8
    if not drafts:
        raise TiepointError(f"{path.name} holds no image, only curves.")
    return drafts


def header(path: Path) -> tuple[dict[str, dict[str, str]], int]:
    """Return the sections, and the byte at which the values begin."""
    with path.open("rb") as stream:
        data = stream.read(MOST_HEADER)
    end = data.find(END)
    if end < 0:
        raise TiepointError(f"{path.name} is truncated: its header has no end.")
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in readable_text(data[:end]).splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[] \r"), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key.strip()] = value.strip()
    return sections, end + len(END)


def _listed(sections: dict[str, dict[str, str]]) -> list[tuple[int, int, str]]:
    """Return group, channel and section of every block of values, in the file's order."""
    words = sections.get("DataSet", {})
    return [
        (group, place, words[f"Gr{group}-Ch{place}"])
        for group in range(_whole(words, "GroupCount"))
        for place in range(_whole(words, f"Gr{group}-Count"))
        if f"Gr{group}-Ch{place}" in words
    ]


def _channel(
    path: Path, key: str, words: dict[str, str], sections: dict[str, dict[str, str]], at: int,
    shape: tuple[int, int], bits: int,
) -> Channel:  # fmt: skip
    signed = words.get("SaveSign", "Signed").lower().startswith("s")
    order = "<" if words.get("SaveOrder", "Intel").lower().startswith("i") else ">"
    dtype = np.dtype(f"{order}{'i' if signed else 'u'}{bits // 8}")
    stored = raw_array(path, at, shape, dtype)
    full, low = _value(words, "Dim2Range"), _value(words, "Dim2Min")
    middle = 2.0 ** (bits - 1) if signed else 0.0
    unit = length_in(words.get("Dim0Unit"))
    same = unit is not None and length_in(words.get("Dim1Unit")) == unit
    y, x = (_value(words, f"Dim{n}Range") for n in (1, 0))
    group = sections["DataSet"].get(f"Gr{key.partition(':')[0]}-Name", "")
    title = " ".join(filter(None, (words.get("Dim2Name", ""), group, words.get("Frame", ""))))
    scaled = full is not None and full != 0
    step = (full or 0.0) / 2.0**bits
    return Channel(
        title or key, key, Scaled(stored, step, (low or 0.0) + step * middle) if scaled else stored,
        y if same else None, x, unit, words.get("Dim2Unit") if scaled else None, upwards=True,
        offset_y=-(_value(words, "Dim1Min") or 0.0), offset_x=_value(words, "Dim0Min") or 0.0,
    )  # fmt: skip


def _value(words: dict[str, str], key: str) -> float | None:
    try:
        return float(words[key].replace(",", "."))
    except (KeyError, ValueError):
        return None


def _whole(words: dict[str, str], key: str) -> int:
    try:
        return int(words[key])
    except (KeyError, ValueError):
        return 0


def _metadata(sections: dict[str, dict[str, str]]) -> Metadata:
    info = sections.get("DataSet-Info", {})
    date = " ".join(filter(None, (info.get("Date"), info.get("Time"))))
    return Metadata(
        identification=known(acquired=date, comment=info.get("Comment")),
        settings=known(
            mode=info.get("Op. mode"), cantilever=info.get("Cantilever type"),
            head=info.get("Scan head"), setpoint=info.get("Setpoint"),
        ),
    )  # fmt: skip


def original(path: Path) -> dict[str, Any]:
    """Return the header's sections, verbatim."""
    return dict(header(path)[0])

"""NORDIF: Kikuchi patterns as plain bytes, described by the Setting.txt beside them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    TiepointError,
    known,
    length_unit,
    missing_words,
    raw_array,
    readable_text,
    spatial_axes,
)

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = "Setting.txt"
_PAIR = re.compile(r"(\d+)\s*x\s*(\d+)")


def is_nordif(path: Path, _head: bytes) -> bool:
    """Whether NORDIF's settings lie beside the patterns."""
    beside = path.parent / SETTINGS
    return beside.is_file() and "[NORDIF]" in readable_text(beside.read_bytes()[:64])


def read(path: Path) -> list[DatasetDraft]:
    """Return the patterns, (y, x, ky, kx), on the grid that the settings state.

    Raises
    ------
    TiepointError
        If the settings state no grid or no size, or the file is shorter than that.
    """
    said = settings(path.parent / SETTINGS)
    area, shots = said.get("Area", {}), said.get("Acquisition settings", {})
    grid, frame = _pair(area.get("Number of samples")), _pair(shots.get("Resolution"))
    if grid is None or frame is None:
        raise TiepointError(f"{SETTINGS} beside {path.name} states no grid or no pattern size.")
    array = raw_array(path, 0, (*grid, *frame), np.dtype(np.uint8))
    step, unit = _quantity(area.get("Step size"))
    space = spatial_axes("yx", grid, (step, step), unit)
    scope = said.get("Microscope", {})
    voltage, _ = _quantity(scope.get("Accelerating voltage"))
    distance, length = _quantity(scope.get("Working distance"))
    return [
        DatasetDraft(
            title="patterns",
            key="patterns",
            technique="EBSD",
            kind="diffraction",
            axes=(
                *space,
                Axis(name="ky", size=frame[0], role="reciprocal"),
                Axis(name="kx", size=frame[1], role="reciprocal"),
            ),
            array=array,
            metadata=Metadata(
                identification=known(
                    instrument=f"{scope.get('Manufacturer', '')} {scope.get('Model', '')}".strip(),
                    sample=said.get("Specimen", {}).get("Name"),
                ),
                references=known(
                    tilt_deg=_quantity(scope.get("Tilt angle"))[0],
                    working_distance=distance and length and {"value": distance, "unit": length},
                ),
                settings=known(
                    voltage_kv=voltage, detector=said.get("EBSD detector", {}).get("Model")
                ),
            ),
            original=partial(settings, path.parent / SETTINGS),
            warnings=missing_words(space),
        )
    ]


def settings(path: Path) -> dict[str, dict[str, str]]:
    """Return the sections of the settings: entry to value with its unit."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in path.read_bytes().decode("latin-1").splitlines():
        words = [word.strip() for word in line.split("\t")]
        if words[0].startswith("["):
            section = found.setdefault(words[0].strip("[]"), {})
        elif words[0] and len(words) > 1:
            section[words[0]] = " ".join(word for word in words[1:] if word)
    return found


def _pair(text: str | None) -> tuple[int, int] | None:
    """Return rows and columns of ``"4x3"``, which states columns first."""
    found = _PAIR.search(text or "")
    return (int(found[2]), int(found[1])) if found else None


def _quantity(text: str | None) -> tuple[float | None, str | None]:
    words = (text or "").split()
    try:
        value = float(words[0])
    except (IndexError, ValueError):
        return None, None
    return value, length_unit(words[1]) if len(words) > 1 else None

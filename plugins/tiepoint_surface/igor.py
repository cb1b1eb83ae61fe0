"""Igor binary waves of Asylum Research microscopes, and plain ones with a length on two axes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, TiepointError, decoded_array, jsonable, known, readable_text
from tiepoint_surface.channels import Channel, surface_draft
from tiepoint_surface.words import length_in

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import DatasetDraft

VERSIONS = (2, 5)
UNITS = {"height": "m", "zsensor": "m", "amplitude": "m", "deflection": "m", "phase": "°"}
"""What the first words of Asylum's channel names are measured in."""
NEED = "Igor waves"


def is_igor(_path: Path, head: bytes) -> bool:
    """Whether the version at the head is one that images are kept in."""
    return any(head[:2] in (v.to_bytes(2, "little"), v.to_bytes(2, "big")) for v in VERSIONS)


def read(path: Path) -> list[DatasetDraft]:
    """Return every layer of the wave; lines are stored from the bottom of the scan.

    Gwyddion turns the waves upside down as well (``modules/file/igorfile.c``).

    Raises
    ------
    TiepointError
        If the wave is no image.
    """
    wave = _wave(path)
    data = np.asarray(wave["wData"])
    if (
        data.ndim not in (2, 3)
        or min(data.shape) < 2 - (data.ndim == 3)
        or data.dtype.kind in "OSU"
    ):
        raise TiepointError(f"{path.name} holds a wave of shape {data.shape}, which is no image.")
    words = _note(wave)
    labels = _labels(wave, data.shape[2] if data.ndim == 3 else 1)
    sizes, unit = _size(wave, words, data.shape)
    metadata = _metadata(words)
    drafts = []
    for number, label in enumerate(labels):
        kind = np.dtype(data.dtype).newbyteorder("=")
        array = decoded_array(decode, path, (data.shape[1], data.shape[0]), kind, number)
        channel = Channel(
            label, f"{number} {label}", array, *sizes, unit, _value_unit(wave, label), upwards=True
        )
        drafts.append(surface_draft(channel, "AFM", metadata, partial(original, path)))
    return drafts


def decode(path: Path, number: int) -> npt.NDArray[Any]:
    """Return one layer, (line, sample)."""
    data = np.asarray(_wave(path)["wData"])
    layer = data[:, :, number] if data.ndim == 3 else data
    return np.ascontiguousarray(layer.T).astype(layer.dtype.newbyteorder("="), copy=False)


def _wave(path: Path) -> dict[str, Any]:
    import logging

    from igor2 import binarywave

    logging.getLogger("igor2").setLevel(logging.CRITICAL)  # it logs whole blocks of a damaged file
    found: dict[str, Any] = binarywave.load(str(path))["wave"]
    return found


def _note(wave: dict[str, Any]) -> dict[str, str]:
    """Return the entries of the note, one ``key: value`` a line."""
    text = readable_text(bytes(wave.get("note") or b""))
    entries = [line.partition(":") for line in text.replace("\r", "\n").splitlines()]
    return {key.strip(): value.strip() for key, mark, value in entries if mark}


def _labels(wave: dict[str, Any], layers: int) -> list[str]:
    lists = wave.get("labels") or []
    third = lists[2] if len(lists) > 2 else []
    names = [readable_text(bytes(label)).strip() for label in third]
    names = [name for name in names if name][-layers:] if layers > 1 or names else []
    return names if len(names) == layers else [f"layer {n + 1}" for n in range(layers)]


def _size(
    wave: dict[str, Any], words: dict[str, str], shape: tuple[int, ...]
) -> tuple[tuple[float | None, float | None], str | None]:
    """Return the field's height and width: Asylum's note, else the wave's own steps."""
    slow, fast = (_number(words.get(f"{name}ScanSize")) for name in ("Slow", "Fast"))
    if slow and fast:
        return (slow, fast), "m"
    head = wave["wave_header"]
    units = [length_in(readable_text(bytes(np.asarray(u)))) for u in head.get("dimUnits", ())]
    steps = [float(step) for step in head.get("sfA", ())]
    if len(units) > 1 and units[0] and units[0] == units[1] and len(steps) > 1:
        return (abs(steps[1]) * shape[1], abs(steps[0]) * shape[0]), units[0]
    return (None, None), None


def _value_unit(wave: dict[str, Any], label: str) -> str | None:
    low = label.lower()
    found = next((unit for word, unit in UNITS.items() if low.startswith(word)), None)
    stated = readable_text(bytes(np.asarray(wave["wave_header"].get("dataUnits", b""))))
    return found or stated.strip() or None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None


def _metadata(words: dict[str, str]) -> Metadata:
    return Metadata(
        identification=known(
            acquired=" ".join(filter(None, (words.get("Date"), words.get("Time")))),
            instrument=words.get("MicroscopeModel"),
        ),
        references=known(
            offset_x_m=_float(words.get("XOffset")), offset_y_m=_float(words.get("YOffset")),
            rotation_deg=_float(words.get("ScanAngle")),
        ),
        settings=known(
            mode=words.get("ImagingMode"), rate_hz=_float(words.get("ScanRate")),
            spring_constant_n_per_m=_float(words.get("SpringConstant")),
        ),
    )  # fmt: skip


def _float(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def original(path: Path) -> dict[str, Any]:
    """Return the note and the wave's header, verbatim."""
    wave = _wave(path)
    found: dict[str, Any] = {"note": _note(wave), "header": jsonable(dict(wave["wave_header"]))}
    return found

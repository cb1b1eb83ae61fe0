"""ENVI: a text header (.hdr) beside a plain block of numbers, spectra or bands."""

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
    axis_from_values,
    known,
    length_unit,
    missing_words,
    raw_array,
    readable_text,
    spatial_axes,
    view,
)

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
ENDINGS = ("", ".dat", ".img", ".raw", ".bin", ".bil", ".bip", ".bsq", ".hyspex", ".spe")
ORDERS = {"bsq": ("b", "y", "x"), "bil": ("y", "b", "x"), "bip": ("y", "x", "b")}
MOST_HEADER = 1 << 22
_ENTRY = re.compile(r"^\s*([^=\n{}]+?)\s*=\s*(\{.*?\}|[^\n]*)", re.MULTILINE | re.DOTALL)


def is_envi(path: Path, head: bytes) -> bool:
    """Whether the file is an ENVI header, or lies beside one."""
    return head.lstrip()[:4] == b"ENVI" or _header_of(path) is not None


def read(path: Path) -> list[DatasetDraft]:
    """Return the cube, the bands or the single image.

    Raises
    ------
    TiepointError
        If the values are not beside the header, or not as it describes them.
    """
    header = path if path.suffix.lower() == ".hdr" else _header_of(path)
    if header is None:
        raise TiepointError(f"{path.name} has no ENVI header beside it.")
    words = entries(header)
    data = path if path != header else _values_of(header)
    try:
        sizes = {"x": int(words["samples"]), "y": int(words["lines"]), "b": int(words["bands"])}
        dtype = np.dtype(TYPES[int(words["data type"])])
        order = ORDERS[words.get("interleave", "bsq").lower()]
        offset = int(words.get("header offset", 0))
    except (KeyError, ValueError) as error:
        raise TiepointError(f"{header.name} is damaged: it lacks {error}.") from error
    dtype = dtype.newbyteorder(">" if words.get("byte order", "0") == "1" else "<")
    stored = raw_array(data, offset, tuple(sizes[name] for name in order), dtype)
    space = _space(words, sizes)
    kept = tuple(order.index(name) for name in "yx")
    if sizes["b"] == 1:
        array = view(stored, kept, ((order.index("b"), 0),))
        axes: tuple[Axis, ...] = space
    else:
        array = view(stored, (*kept, order.index("b")))
        axes = (*space, _bands(words, sizes["b"]))
    return [
        DatasetDraft(
            title="",
            key="cube",
            technique="optical spectroscopy" if sizes["b"] > 1 else "unknown",
            kind="spectrum image" if sizes["b"] > 1 else "image",
            axes=axes,
            array=array,
            metadata=Metadata(
                identification=known(
                    instrument=words.get("sensor type"), acquired=words.get("acquisition time")
                )
            ),
            original=partial(entries, header),
            warnings=missing_words(space),
        )
    ]


def entries(header: Path) -> dict[str, str]:
    """Return the entries of a header, verbatim but for the braces of lists."""
    with header.open("rb") as stream:
        text = readable_text(stream.read(MOST_HEADER))
    return {key.strip().lower(): value.strip(" {}\r\n") for key, value in _ENTRY.findall(text)}


def _header_of(path: Path) -> Path | None:
    for candidate in (path.with_name(path.name + ".hdr"), path.with_suffix(".hdr")):
        if candidate != path and candidate.is_file():
            with candidate.open("rb") as stream:
                if stream.read(64).lstrip()[:4] == b"ENVI":
                    return candidate
    return None


def _values_of(header: Path) -> Path:
    stem = header.with_suffix("")
    for end in ENDINGS:
        for candidate in (stem.with_name(stem.name + end), stem.with_name(stem.name + end.upper())):
            if candidate.is_file() and candidate != header:
                return candidate
    raise TiepointError(f"The values that {header.name} describes are not beside it.")


def _space(words: dict[str, str], sizes: dict[str, int]) -> tuple[Axis, ...]:
    """Return y and x: the map info's step where its units are a length, else the pixel size."""
    parts = [part.strip() for part in words.get("map info", "").split(",")]
    unit = next((p.partition("=")[2] for p in parts if p.lower().startswith("units")), "")
    known_unit = length_unit(unit.rstrip("s")) or length_unit(unit)
    steps: list[float | None] = [None, None]
    if known_unit and len(parts) > 6:
        steps = [float(parts[6]), float(parts[5])]
    return spatial_axes("yx", (sizes["y"], sizes["x"]), steps, known_unit)


def _bands(words: dict[str, str], count: int) -> Axis:
    values = [float(word) for word in re.findall(r"[-+\d.eE]+", words.get("wavelength", ""))]
    said = words.get("wavelength units", "").lower()
    unit = "1/cm" if said.startswith("wavenumber") else length_unit(said.rstrip("s"))
    if len(values) != count:
        return Axis(name="band", size=count, role="energy")
    name = "Wavenumber" if unit == "1/cm" else "Wavelength"
    return axis_from_values(name, np.array(values), unit, "energy")

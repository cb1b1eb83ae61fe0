"""Raw volumes: numbers without a header, described by a .vgi beside them or by a person."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Ask,
    DatasetDraft,
    Metadata,
    Question,
    TiepointError,
    answers_to,
    known,
    length_unit,
    missing_words,
    raw_array,
    readable_text,
    spatial_axes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

TYPES = {
    "8 bit unsigned": "u1", "8 bit signed": "i1", "16 bit unsigned": "u2", "16 bit signed": "i2",
    "32 bit unsigned": "u4", "32 bit signed": "i4", "32 bit float": "f4", "64 bit float": "f8",
}  # fmt: skip
LITTLE, BIG = "little-endian (PC)", "big-endian"
LENGTHS = ("nm", "µm", "mm")
WORDS = "a raw file does not say its size, its kind of numbers or its voxel size."
VGI_TYPES = {
    ("unsigned", 8): "u1", ("signed", 8): "i1", ("unsigned", 16): "u2", ("signed", 16): "i2",
    ("unsigned", 32): "u4", ("signed", 32): "i4", ("float", 32): "f4", ("float", 64): "f8",
}  # fmt: skip
MOST_VGI = 1 << 20
_SIZES = re.compile(r"(\d{1,5})[x_×](\d{1,5})[x_×](\d{1,5})", re.IGNORECASE)


def read(path: Path) -> list[DatasetDraft]:
    """Return the volume as its .vgi or a person describes it.

    Raises
    ------
    MissingAnswer
        If no .vgi lies beside the file and nobody has described it.
    TiepointError
        If the description does not fit the file.
    """
    beside = [p for p in (path.with_suffix(".vgi"), path.with_suffix(".VGI")) if p.is_file()]
    if beside:
        return read_vgi(beside[0])
    return [_draft(path, answers_to(path, question(path)))]


def question(path: Path) -> Question:
    """Return what to ask about a raw file; numbers in its name are suggested as its size."""
    found = _SIZES.search(path.stem)
    x, y, z = found.groups() if found else ("", "", "")
    asks = (
        Ask("columns", "Columns (x)", suggestion=x),
        Ask("rows", "Rows (y)", suggestion=y),
        Ask("slices", "Slices (z)", suggestion=z),
        Ask("numbers", "Numbers are", tuple(TYPES), _likely(path, (x, y, z))),
        Ask("order", "Byte order", (LITTLE, BIG)),
        Ask("header_bytes", "Bytes before the first value", suggestion="0"),
        Ask("voxel", "Edge of a voxel"),
        Ask("unit", "in", LENGTHS),
    )
    return Question("raw volume", WORDS, asks, Preview(path))


class Preview:
    """Shows the middle slice that some answers give."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, answers: Mapping[str, str]) -> npt.NDArray[Any]:
        """Return the middle slice, (rows, columns)."""
        array = _array(self._path, answers)
        return np.asarray(array[array.shape[0] // 2])


def _likely(path: Path, sizes: tuple[str, str, str]) -> str:
    """Return the kind of number whose width fits the file's size."""
    if not all(sizes):
        return ""
    width = path.stat().st_size // prod(int(size) for size in sizes)
    return {1: "8 bit unsigned", 2: "16 bit unsigned", 4: "32 bit float"}.get(width, "")


def _array(path: Path, answers: Mapping[str, str]) -> Any:
    shape = tuple(round(float(answers.get(key) or 0)) for key in ("slices", "rows", "columns"))
    numbers = answers.get("numbers", "")
    if numbers not in TYPES or min(shape) < 1:
        raise TiepointError("Give the number of columns, rows and slices, and what a number is.")
    order = ">" if answers.get("order") == BIG else "<"
    dtype = np.dtype(order + TYPES[numbers])
    header = round(float(answers.get("header_bytes") or 0))
    need, have = header + prod(shape) * dtype.itemsize, path.stat().st_size
    if need > have:
        raise TiepointError(
            f"{shape[2]} × {shape[1]} × {shape[0]} such values need {need} bytes; {path.name} has"
            f" {have}."
        )
    return raw_array(path, header, shape, dtype)


def _draft(path: Path, answers: Mapping[str, str]) -> DatasetDraft:
    array = _array(path, answers)
    step = float(answers["voxel"]) or None
    axes = spatial_axes("zyx", array.shape, (step,) * 3, answers["unit"])
    left = path.stat().st_size - int(float(answers["header_bytes"])) - array.nbytes
    words = f"{left} bytes at the end of the file are left over: check the size that was given."
    return DatasetDraft(
        title="",
        key="volume",
        technique="unknown",
        kind="volume",
        axes=axes,
        array=array,
        metadata=Metadata(identification={"described by": "a person"}),
        warnings=(*((words,) if left else ()), *missing_words(axes)),
    )


def read_vgi(path: Path) -> list[DatasetDraft]:
    """Return the volumes that a VGStudio .vgi describes.

    Raises
    ------
    TiepointError
        If it names no volume, or the values are not where it says.
    """
    words = vgi_words(path)
    name = words.get("name", words.get("filename", ""))
    data = path.parent / name.replace("\\", "/").rpartition("/")[2] if name else path
    if not name or not data.is_file():
        found = [p for end in (".vol", ".raw") for p in (path.with_suffix(end),) if p.is_file()]
        if not found:
            raise TiepointError(
                f"{path.name} describes {name or 'a volume'}, which is not beside it."
            )
        data = found[0]
    try:
        columns, rows, slices = (int(word) for word in words["size"].split()[:3])
        bits = int(words.get("bitsperelement", words.get("size.bits", "16")))
    except (KeyError, ValueError) as error:
        raise TiepointError(f"{path.name} states no size of its volume.") from error
    kind = words.get("datatype", "unsigned integer").split()[0].lower()
    code = VGI_TYPES.get((kind, bits))
    if code is None:
        raise TiepointError(f"{path.name} states {bits} bit {kind} numbers, which are not known.")
    array = raw_array(data, int(words.get("skipheader", 0)), (slices, rows, columns),
                      np.dtype("<" + code))  # fmt: skip
    steps = [float(word) for word in words.get("resolution", "").split()[:3]][::-1]
    unit = length_unit(words.get("unit"))
    axes = spatial_axes("zyx", array.shape, steps or [None] * 3, unit)
    return [
        DatasetDraft(
            title="",
            key="volume",
            technique="micro-CT",
            kind="volume",
            axes=axes,
            array=array,
            metadata=Metadata(identification=known(values=data.name)),
            original=words.copy,
            warnings=missing_words(axes),
        )
    ]


def vgi_words(path: Path) -> dict[str, str]:
    """Return the entries of all sections of a .vgi, the first of a name counting."""
    found: dict[str, str] = {}
    with path.open("rb") as stream:
        text = readable_text(stream.read(MOST_VGI))
    for line in text.splitlines():
        key, mark, value = line.partition("=")
        if mark:
            found.setdefault(key.strip().lower(), value.strip())
    return found

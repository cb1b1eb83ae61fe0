"""Where the ions of a file lie and what they weigh: POS, ePOS and APT, lazily."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Columns, TiepointError, length_unit, metres_per, raw_array

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import ArrayLike

POS_WORDS, EPOS_WORDS = 4, 11
EPOS_COLUMNS = {
    "time of flight": 4, "standing voltage": 5, "pulse voltage": 6, "detector x": 7,
    "detector y": 8,
}  # fmt: skip
SPECIMEN = 1e5
"""nm; no tip is larger."""
HEAVIEST = 1e4
"""Da."""
PROBED = 4096

FILE_HEADER = np.dtype(
    [("signature", "S4"), ("size", "<i4"), ("version", "<i4"), ("name", "<u2", 256),
     ("created", "<u8"), ("ions", "<u8")]
)  # fmt: skip
SECTION_HEADER = np.dtype(
    [("signature", "S4"), ("size", "<i4"), ("version", "<i4"), ("type", "<u2", 32),
     ("section_version", "<i4"), ("relation", "<i4"), ("record", "<i4"), ("data", "<i4"),
     ("bits", "<i4"), ("record_bytes", "<i4"), ("unit", "<u2", 16), ("records", "<u8"),
     ("bytes", "<u8")]
)  # fmt: skip
ONE_TO_ONE, FIXED_SIZE = 1, 1
DATA_TYPES = {1: "i", 2: "u", 3: "f"}
MOST_SECTIONS = 1000
FILETIME = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ions:
    """The ions of one file.

    Attributes
    ----------
    positions
        (N, 3), axis order (z, y, x), nm.
    mass
        (N, 1) mass-to-charge ratio, Da.
    columns
        What else the file says of each ion, (N, 1) by name.
    original
        Header words.
    created
        ISO time, empty if not stated.
    """

    positions: ArrayLike
    mass: ArrayLike
    columns: dict[str, ArrayLike] = field(default_factory=dict)
    original: dict[str, Any] = field(default_factory=dict)
    created: str = ""


def pos_ions(path: Path) -> Ions:
    """Return the ions of a POS file: x, y, z in nm and mass-to-charge in Da, big-endian float32."""
    table = _words(path, POS_WORDS, "POS")
    return _plausible(path, Ions(Columns(table, (2, 1, 0)), Columns(table, (3,))))


def epos_ions(path: Path) -> Ions:
    """Return the ions of an ePOS file: eleven big-endian words each, the last two integers."""
    table = _words(path, EPOS_WORDS, "ePOS")
    columns: dict[str, ArrayLike] = {
        name: Columns(table, (column,)) for name, column in EPOS_COLUMNS.items()
    }
    return _plausible(path, Ions(Columns(table, (2, 1, 0)), Columns(table, (3,)), columns))


def _words(path: Path, words: int, label: str) -> ArrayLike:
    size = path.stat().st_size
    if size % (4 * words) or not size:
        raise TiepointError(
            f"{path.name} is truncated or not a {label} file: its {size} bytes are no whole number"
            f" of ions of {4 * words} bytes."
        )
    return raw_array(path, 0, (size // (4 * words), words), np.dtype(">f4"))


def _plausible(path: Path, ions: Ions) -> Ions:
    """Check the first ions: these formats have no header that would tell them from others."""
    places = np.asarray(ions.positions[:PROBED])
    mass = np.asarray(ions.mass[:PROBED])
    sound = np.isfinite(places).all() and np.isfinite(mass).all()
    if not sound or np.abs(places).max() > SPECIMEN or mass.min() < -1 or mass.max() > HEAVIEST:
        raise TiepointError(f"{path.name} is damaged or holds no atom-probe positions.")
    if not np.ptp(places) > 0:
        raise TiepointError(f"{path.name} is damaged: all its ions lie at one point.")
    return ions


def apt_ions(path: Path) -> Ions:
    """Return the ions of an APT file, found by the headers of its sections.

    Raises
    ------
    TiepointError
        If the sections of positions or masses are missing or damaged.
    """
    header, sections = apt_sections(path)
    count = int(header["ions"])
    try:
        places, masses = sections["Position"], sections["Mass"]
    except KeyError as error:
        raise TiepointError(f"{path.name} holds no section {error}; export it anew.") from None
    unit = length_unit(places["unit"] or "nm")
    if unit is None or masses["unit"] not in ("Da", "", "amu"):
        raise TiepointError(f"{path.name} states positions in {places['unit']!r}, not a length.")
    factor = metres_per(unit) / 1e-9
    positions = Columns(
        _section_array(path, places, count, 3), (2, 1, 0), () if factor == 1 else (factor,) * 3
    )
    columns: dict[str, ArrayLike] = {
        name: _section_array(path, section, count, 1)
        for name, section in sections.items()
        if name not in ("Position", "Mass") and _per_ion(section, count)
    }
    created = FILETIME + timedelta(microseconds=int(header["created"]) // 10)
    original = {"file": _text(header["name"]), "ions": count, "sections": list(sections.values())}
    mass = _section_array(path, masses, count, 1)
    sane = 1990 < created.year < 2100
    return Ions(positions, mass, columns, original, created.isoformat() if sane else "")


def apt_sections(path: Path) -> tuple[np.void, dict[str, dict[str, Any]]]:
    """Return the file header, and the header of every section by its type.

    Raises
    ------
    TiepointError
        If the chain of sections breaks off.
    """
    size = path.stat().st_size
    found: dict[str, dict[str, Any]] = {}
    with path.open("rb") as stream:
        head = stream.read(FILE_HEADER.itemsize)
        if len(head) < FILE_HEADER.itemsize:
            raise TiepointError(f"{path.name} is truncated: its header is cut short.")
        header = np.frombuffer(head, FILE_HEADER)[0]
        at = int(header["size"])
        while at < size and len(found) < MOST_SECTIONS:
            stream.seek(at)
            words = stream.read(SECTION_HEADER.itemsize)
            if len(words) < SECTION_HEADER.itemsize or words[:4] != b"SEC\0":
                raise TiepointError(f"{path.name} is truncated or damaged at byte {at}.")
            section = _section(np.frombuffer(words, SECTION_HEADER)[0], at)
            found[section["type"]] = section
            step = section["header"] + section["bytes"]
            if section["header"] < SECTION_HEADER.itemsize or at + step > size:
                raise TiepointError(
                    f"{path.name} is truncated: its section {section['type']!r} ends after the"
                    " file does."
                )
            at += step
    return header, found


def _section(header: np.void, at: int) -> dict[str, Any]:
    return {
        "type": _text(header["type"]), "unit": _text(header["unit"]), "at": at,
        "header": int(header["size"]), "relation": int(header["relation"]),
        "record": int(header["record"]), "data": int(header["data"]), "bits": int(header["bits"]),
        "record_bytes": int(header["record_bytes"]), "records": int(header["records"]),
        "bytes": int(header["bytes"]),
    }  # fmt: skip


def _per_ion(section: dict[str, Any], count: int) -> bool:
    return (
        section["records"] == count
        and section["relation"] == ONE_TO_ONE
        and section["record"] == FIXED_SIZE
        and section["data"] in DATA_TYPES
        and section["bits"] in (8, 16, 32, 64)
        and section["record_bytes"] == section["bits"] // 8
    )


def _section_array(path: Path, section: dict[str, Any], count: int, width: int) -> ArrayLike:
    kind = DATA_TYPES.get(section["data"])
    if kind is None or section["records"] != count or section["bits"] not in (8, 16, 32, 64):
        raise TiepointError(
            f"{path.name}: its section {section['type']!r} does not hold one value for each of"
            f" {count} ions; it is damaged."
        )
    dtype = np.dtype(f"<{kind}{section['bits'] // 8}")
    return raw_array(path, section["at"] + section["header"], (count, width), dtype)


def _text(words: Any) -> str:
    data = np.asarray(words, "<u2").tobytes().decode("utf-16-le", "replace")
    return data.split("\0", 1)[0]

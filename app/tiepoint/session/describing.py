"""Everything that is known of a dataset, as rows to read, search and copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiepoint.support.units import format_length, format_quantity, plain_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any as Value

    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session

ORIGINAL = "Original"
MOST_ROWS = 20_000
UNNAMED_SHARE = 1e-9
STEP = " › "
UNITS = {
    "kv": "kV", "v": "V", "na": "nA", "pa": "pA", "us": "µs", "ms": "ms", "s": "s", "nm": "nm",
    "um": "µm", "mm": "mm", "m": "m", "deg": "°", "rad": "rad", "hz": "Hz", "ev": "eV",
    "kev": "keV",
}  # fmt: skip
"""How keys of the typed metadata end, and the unit that this stands for."""


@dataclass(frozen=True)
class Row:
    """One fact.

    Attributes
    ----------
    group
        ``"Dataset"``, ``"Identification"``, ``"References"``, ``"Settings"``, ``"Fractions"`` or
        ``"Original"``.
    name
        What it is about; the way to it where the vendor's metadata are nested.
    value
        In words.
    """

    group: str
    name: str
    value: str


def facts(dataset: Dataset) -> list[Row]:
    """Return what the project holds of a dataset: size, calibration and the typed metadata."""
    rows = [Row("Dataset", name, value) for name, value in _own(dataset) if value]
    for group in ("identification", "references", "settings"):
        said: Mapping[str, Value] = getattr(dataset.metadata, group)
        rows += [Row(group.capitalize(), _name(key), words(value)) for key, value in said.items()]
    return rows


def original(session: Session, dataset: Dataset) -> list[Row]:
    """Return the vendor's own words from the file, verbatim; may take time.

    Raises
    ------
    TiepointError
        If the file is missing or damaged.
    """
    if dataset.link is None:
        return []
    said = session.store.draft(dataset).original()
    rows = [Row(ORIGINAL, name, value) for name, value in _flat(said, ())]
    rows = [*fractions(session, dataset), *rows]
    if len(rows) > MOST_ROWS:
        more = len(rows) - MOST_ROWS
        rows = [*rows[:MOST_ROWS], Row(ORIGINAL, "…", f"{more} more entries in the file")]
    return rows


def fractions(session: Session, dataset: Dataset) -> list[Row]:
    """Return the share of every label of a label map, by its legend; reads the map."""
    share = session.label_shares.of(dataset)
    if not share:
        return []
    rows = [
        Row("Fractions", entry.name, f"{100 * share.get(entry.value, 0.0):.2f} % of the points")
        for entry in dataset.legend
    ]
    rest = 1.0 - sum(share.get(entry.value, 0.0) for entry in dataset.legend)
    if rest > UNNAMED_SHARE:
        rows.append(Row("Fractions", "other values", f"{100 * rest:.2f} % of the points"))
    return rows


def matching(rows: Iterable[Row], text: str) -> list[Row]:
    """Return the rows in which every typed word occurs, whatever its case."""
    wanted = text.casefold().split()
    return [
        row for row in rows
        if all(word in f"{row.group} {row.name} {row.value}".casefold() for word in wanted)
    ]  # fmt: skip


def as_text(rows: Iterable[Row]) -> str:
    """Return rows as lines for a table: group, name and value between tabs."""
    return "\n".join(f"{row.group}\t{row.name}\t{row.value}" for row in rows)


def words(value: Any) -> str:
    """Return a value of the typed metadata for people."""
    if isinstance(value, dict):
        if set(value) == {"value", "unit"}:
            return format_quantity(value["value"], value["unit"])
        unit = value.get("unit", "")
        parts = [
            f"{key.removesuffix('_deg')} {_number(part)}{'°' if key.endswith('_deg') else ''}"
            for key, part in value.items()
            if key != "unit" and not key.endswith("_deg")
        ]
        angles = [
            f"{key.removesuffix('_deg')} {_number(part)}°"
            for key, part in value.items()
            if key.endswith("_deg")
        ]
        lengths = f"{', '.join(parts)} {unit}".strip()
        return " · ".join(filter(None, (lengths, ", ".join(angles))))
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], dict):
            return f"{len(value)} entries: " + "; ".join(words(part) for part in value[:20])
        return ", ".join(words(part) for part in value)
    return _number(value)


def _own(dataset: Dataset) -> Iterator[tuple[str, str]]:
    yield "Technique", dataset.technique
    yield "Kind", dataset.kind
    for axis in dataset.axes:
        yield f"Axis {axis.name}", _axis(axis)
    unit = f" in {dataset.quantity.unit}" if dataset.quantity.unit else ""
    yield "Values", f"{dataset.quantity.name}{unit}" if dataset.quantity.name else ""
    yield "Stored as", dataset.dtype
    if dataset.link is not None:
        yield "File", dataset.link.path
        for key, answer in dataset.link.answers.items():
            yield "You said", f"{_name(key)}: {answer}"
    for sentence in dataset.warnings:
        yield "Note", sentence


def _axis(axis: Axis) -> str:
    if axis.role == "space" and axis.unit:
        whole = format_length(abs(axis.scale) * axis.size, axis.unit, 4)
        return f"{axis.size} px of {format_length(abs(axis.scale), axis.unit, 5)} = {whole}"
    if axis.role == "space":
        return f"{axis.size} px, size not known"
    if axis.unit is None:
        return f"{axis.size}"
    end = axis.offset + axis.scale * (axis.size - 1)
    return f"{axis.size} from {plain_number(axis.offset, 5)} to {plain_number(end, 5)} {axis.unit}"


def _name(key: str) -> str:
    """Return a key as words: ``voltage_kv`` → ``Voltage (kV)``."""
    words_, _, last = key.rpartition("_")
    unit = UNITS.get(last.lower()) if words_ else None
    text = (words_ if unit else key).replace("_", " ").strip()
    return text[:1].upper() + text[1:] + (f" ({unit})" if unit else "")


def _number(value: Any) -> str:
    return plain_number(value, 6) if isinstance(value, float) else str(value)


def _flat(said: Any, way: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(said, dict) and said:
        for key, part in said.items():
            yield from _flat(part, (*way, str(key)))
    elif isinstance(said, list) and any(isinstance(part, dict | list) for part in said):
        for number, part in enumerate(said, 1):
            yield from _flat(part, (*way, str(number)))
    else:
        shown = ", ".join(map(str, said)) if isinstance(said, list) else said
        yield STEP.join(way) or "…", "" if shown is None else str(shown)

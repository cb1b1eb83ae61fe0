"""What a file holds, as values for programs and as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.naming import dataset_names
from tiepoint.data.opening import open_file
from tiepoint.data.verbatim import jsonable
from tiepoint.support.units import format_length, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.model.axes import Axis


def describe(
    path: Path, taken: Iterable[str] = (), answers: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return one entry per dataset of a file, in JSON's own types.

    Parameters
    ----------
    path
        A file, or a folder that is one dataset.
    taken
        Names in use already.
    answers
        What a person said that the file does not.

    Returns
    -------
    list of dict
        ``file, dataset, name, technique, kind, shape, dtype, rgb, values, axes, calibrated,
        warnings, metadata``, as the ``info`` command prints them. Axes are in array order; their
        positions are ``offset + scale * index`` in ``unit``, which is ``None`` where the file
        states none.

    Raises
    ------
    TiepointError
        If no reader can open it.
    """
    spec, drafts = open_file(path, answers=answers)
    names = dataset_names(path, [draft.title for draft in drafts], taken)
    return [_entry(path, spec.name, draft, name) for draft, name in zip(drafts, names, strict=True)]


def _entry(path: Path, reader: str, draft: DatasetDraft, name: str) -> dict[str, Any]:
    metadata = draft.metadata
    return {
        "file": str(path),
        "dataset": draft.key,
        "name": name,
        "reader": reader,
        "technique": draft.technique,
        "kind": draft.kind,
        "shape": [int(n) for n in draft.array.shape],
        "dtype": np.dtype(draft.array.dtype).name,
        "rgb": draft.rgb,
        "values": {"quantity": draft.quantity.name, "unit": draft.quantity.unit},
        "axes": [axis_entry(axis) for axis in draft.axes],
        "calibrated": is_calibrated(draft.axes),
        "warnings": list(draft.warnings),
        "metadata": {
            "identification": jsonable(metadata.identification),
            "references": jsonable(metadata.references),
            "settings": jsonable(metadata.settings),
        },
    }


def is_calibrated(axes: Iterable[Axis]) -> bool:
    """Whether every spatial axis has a unit; of datasets without spatial axes, every axis."""
    every = tuple(axes)
    space = [axis for axis in every if axis.role == "space"]
    return bool(every) and all(axis.unit is not None for axis in space or every)


def axis_entry(axis: Axis) -> dict[str, Any]:
    """Return an axis as ``name, size, scale, unit, offset, role`` (and ``values``, if uneven)."""
    entry: dict[str, Any] = {
        "name": axis.name,
        "size": axis.size,
        "scale": axis.scale,
        "unit": axis.unit,
        "offset": axis.offset,
        "role": axis.role,
    }
    if axis.values is not None:
        entry["values"] = list(axis.values)
    return entry


def describe_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return entries of `describe` as lines for people."""
    return "\n".join(_lines(entry) for entry in entries)


def _lines(entry: Mapping[str, Any]) -> str:
    shape = " × ".join(str(n) for n in entry["shape"])
    lines = [
        f"{entry['name']}",
        f"  {entry['technique']} · {entry['kind']} · {shape} · {entry['dtype']}",
    ]
    if entry.get("values", {}).get("quantity"):
        unit = entry["values"]["unit"]
        lines.append(f"  values: {entry['values']['quantity']}{f' in {unit}' if unit else ''}")
    lines += [f"  {_axis_line(axis)}" for axis in entry["axes"]]
    lines += [f"  {text}" for text in _metadata_lines(entry["metadata"])]
    lines += [f"  ! {warning}" for warning in entry["warnings"]]
    return "\n".join(lines)


def _axis_line(axis: Mapping[str, Any]) -> str:
    head = f"{axis['name']}: {axis['size']}"
    if axis["role"] == "space":
        if axis["unit"] is None:
            return f"{head} px, uncalibrated"
        step = format_length(axis["scale"], axis["unit"], 5)
        whole = format_length(axis["size"] * abs(axis["scale"]), axis["unit"])
        return f"{head} px of {step} = {whole}"
    if axis["unit"] is None:
        return f"{head} ({axis['role']})"
    end = axis["offset"] + axis["scale"] * (axis["size"] - 1)
    uneven = ", uneven steps" if "values" in axis else ""
    return f"{head} from {axis['offset']:.5g} to {end:.5g} {axis['unit']}{uneven}"


def _metadata_lines(metadata: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for group in ("identification", "references", "settings"):
        words = [f"{key} {_value(value)}" for key, value in metadata[group].items()]
        if words:
            lines.append(f"{group}: {', '.join(words)}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return format_quantity(value["value"], value["unit"])
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_value(part)}" for key, part in value.items()) + ")"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"({len(value)} entries)"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

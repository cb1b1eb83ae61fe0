"""NeXus plots: a signal and the positions of its samples.

Rules after the NeXus manual (https://manual.nexusformat.org/datarules.html): the group attributes
``signal`` and ``axes`` with ``*_indices``; before 2014 the dataset attributes ``signal=1``,
``axes="y:x"`` and ``axis=1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import axis_from_values, standard_unit
from tiepoint_tomography.h5_names import attribute, own, text, texts, unit_text

if TYPE_CHECKING:
    from tiepoint.sdk import Axis, Role

MOST_POSITIONS = 1 << 22
"""Larger tables of positions are not read at opening."""


@dataclass(frozen=True)
class Scale:
    """Positions along one axis of a signal."""

    name: str
    values: Any
    unit: str


def signal_of(group: Any) -> Any:
    """Return the dataset that a NeXus group shows; ``None`` if it has none in this file."""
    named = text(attribute(group, "signal"))
    if named:
        return own(group, named)
    members = [own(group, name) for name in group]
    datasets = [item for item in members if hasattr(item, "shape")]
    for item in datasets:
        if text(attribute(item, "signal")) == "1":
            return item
    return own(group, "data") if "data" in group else None


def scales_of(group: Any, signal: Any) -> list[Scale | None]:
    """Return the positions along each axis of `signal`, as far as the group states them."""
    found: list[Scale | None] = [None] * signal.ndim
    for name, places in _announced(group, signal):
        item = own(group, name)
        if item is None or not hasattr(item, "shape") or item.dtype.kind not in "iuf":
            continue
        place = _place(item, places, signal.shape)
        if place is not None and found[place] is None:
            found[place] = Scale(name, _line(item, places, place), unit_text(item))
    return found


def _announced(group: Any, signal: Any) -> list[tuple[str, list[int]]]:
    """Return (dataset name, axes of the signal it runs along)."""
    names = texts(attribute(group, "axes")) or texts(attribute(signal, "axes"))
    found = []
    for at, name in enumerate(names):
        if name in ("", "."):
            continue
        stated = attribute(group, f"{name}_indices")
        places = _integers(stated) if stated is not None else [at]
        found.append((name, [p for p in places if 0 <= p < signal.ndim]))
    return found or _numbered(group, signal)


def _numbered(group: Any, signal: Any) -> list[tuple[str, list[int]]]:
    """Return the datasets with ``axis=1, 2 …``, the primary ones first."""
    found = []
    for name in group:
        number = text(attribute(own(group, name), "axis")) if name in group else ""
        if number.isdigit() and 1 <= int(number) <= signal.ndim:
            primary = text(attribute(own(group, name), "primary")) in ("", "1")
            found.append((not primary, name, [int(number) - 1]))
    return [(name, places) for _, name, places in sorted(found)]


def _integers(value: Any) -> list[int]:
    try:
        return [int(text(item)) for item in np.asarray(value, dtype=object).ravel()]
    except ValueError:
        return []


def _place(item: Any, places: list[int], shape: tuple[int, ...]) -> int | None:
    """Return the axis along which a table of positions runs."""
    if item.ndim == 1:
        fits = [p for p in places if shape[p] == item.shape[0]]
        if fits:
            return fits[0]
        same = [p for p, size in enumerate(shape) if size == item.shape[0]]
        return same[0] if len(same) == 1 else None
    if item.ndim != len(places) or tuple(shape[p] for p in places) != tuple(item.shape):
        return None
    if item.size > MOST_POSITIONS:
        return None
    values = np.asarray(item[()], dtype=np.float64)
    spreads = [float(np.abs(np.diff(values, axis=k)).mean()) if n > 1 else 0.0
               for k, n in enumerate(values.shape)]  # fmt: skip
    main = int(np.argmax(spreads))
    rest = sum(spreads) - spreads[main]
    return places[main] if spreads[main] > 0 and rest <= 0.1 * spreads[main] else None


def _line(item: Any, places: list[int], place: int) -> Any:
    """Return the positions along one axis; of a table over several, their means."""
    values = np.asarray(item[()], dtype=np.float64)
    others = tuple(k for k, p in enumerate(places) if p != place) if item.ndim > 1 else ()
    return values.mean(axis=others) if others else values


def axis_of(scale: Scale) -> Axis:
    """Make the axis that a scale describes."""
    unit, role = standard_unit(scale.unit)
    return axis_from_values(scale.name, scale.values, unit, role_of(scale.name, role))


def role_of(name: str, by_unit: Role | None = None) -> Role:
    """Return what an axis counts: names of spectra and angles outweigh a unit of length."""
    word = name.lower()
    if any(part in word for part in ("energy", "wavelength", "wavenumber", "raman")):
        return "energy"
    if word in ("q", "qx", "qy", "qz", "kx", "ky"):
        return "reciprocal"
    if any(part in word for part in ("theta", "angle", "phi", "omega", "rotation")):
        return "index"
    if by_unit is not None:
        return by_unit
    if word in ("time", "t"):
        return "time"
    last = word.split("_")[-1]
    return "space" if last in ("x", "y", "z") or word[:1] in ("x", "y", "z") else "index"

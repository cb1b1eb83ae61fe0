"""From RosettaSciIO's axis dictionaries to our axes: array order, roles, standard units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import UNCALIBRATED, Axis, Role, convert, metres_per
from tiepoint_spectroscopy.units import Family, optical_unit, spatial_unit, standard_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

# A pixel smaller than a thousandth of a picometre or larger than a metre is not a measurement.
SMALLEST_PIXEL_M = 1e-15
LARGEST_PIXEL_M = 1.0
UNIFORM_WITHIN = 1e-6

_OPTICAL = ("wavelength", "wavenumber", "raman", "energy", "loss")
_SPACE_NAMES = {"x": "x", "y": "y", "z": "z", "width": "x", "height": "y", "depth": "z"}
_RECIPROCAL_NAMES = {"qx", "qy", "kx", "ky", "dx", "dy", "sig_x", "sig_y"}


def in_array_order(
    entries: Sequence[dict[str, Any]], shape: tuple[int, ...]
) -> list[dict[str, Any]]:
    """Return one axis dictionary per array axis, in array order.

    The list's own order counts where it agrees with the array (some readers write wrong indices),
    then ``index_in_array``, then the number of axes; an axis that is missing is a plain index.

    Parameters
    ----------
    entries
        Axis dictionaries of a RosettaSciIO reader.
    shape
        Array shape.
    """
    entries = [entry for entry in entries if entry]
    if [_size(entry) for entry in entries] == list(shape):
        return list(entries)
    indices = [int(entry.get("index_in_array", -1)) for entry in entries]
    if sorted(indices) == list(range(len(shape))):
        ordered = [entries[indices.index(axis)] for axis in range(len(shape))]
        if [_size(entry) for entry in ordered] == list(shape):
            return ordered
    if len(entries) == len(shape):
        return list(entries)
    remaining = list(entries)
    matched: list[dict[str, Any]] = []
    for size in shape:
        found = next((entry for entry in remaining if _size(entry) == size), None)
        matched.append({"name": "", "size": size} if found is None else found)
        if found is not None:
            remaining.remove(found)
    return matched


def build_axes(
    entries: Sequence[dict[str, Any]], shape: tuple[int, ...], signal_type: str = ""
) -> tuple[tuple[Axis, ...], list[str]]:
    """Return the axes in array order, and sentences about what is doubtful.

    Parameters
    ----------
    entries
        Axis dictionaries of a RosettaSciIO reader.
    shape
        Array shape.
    signal_type
        HyperSpy's signal type; ``diffraction`` makes the last two axes reciprocal.
    """
    ordered = in_array_order(entries, shape)
    roles = _roles(ordered, shape, signal_type)
    warnings: list[str] = []
    axes = [
        _axis(entry, size, role) for entry, size, role in zip(ordered, shape, roles, strict=True)
    ]
    axes = _guarded_space(_named(axes), warnings)
    return tuple(axes), warnings


def role_of(entry: dict[str, Any], ndim: int) -> Role | None:
    """Return what an axis counts as far as its own name and unit tell, else ``None``."""
    if entry.get("role"):
        role: Role = entry["role"]
        return role
    name = str(entry.get("name") or "").strip().lower()
    family = standard_unit(entry.get("units"))[0]
    if any(word in name for word in _OPTICAL) or family in ("energy", "wavenumber"):
        return "energy"
    if name in _RECIPROCAL_NAMES or name.startswith("angle") or family == "reciprocal":
        return "reciprocal"
    if family == "angle":
        return "index" if entry.get("navigate") else "reciprocal"
    if family == "time":
        return "time"
    if family == "length":
        return "space"
    if name in ("channel", "channels", "rgb", "rgba"):
        return "channel"
    if name in ("x", "y", "width", "height") and ndim > 1 and family == "none":
        return "space"
    return None


def _roles(entries: list[dict[str, Any]], shape: tuple[int, ...], signal_type: str) -> list[Role]:
    ndim = len(shape)
    known = [role_of(entry, ndim) for entry in entries]
    if "diffraction" in signal_type and ndim >= 2:
        known[-2:] = ["reciprocal", "reciprocal"]
        if ndim == 4:
            known[:2] = [known[0] or "space", known[1] or "space"]
    elif ndim >= 2 and all(role is None for role in known[-2:]):
        known[-2:] = ["space", "space"]
    calibrated = [
        standard_unit(entry.get("units"))[0] == "length" if role == "space" else None
        for entry, role in zip(entries, known, strict=True)
    ]
    if ndim == 3 and calibrated[1:] == [True, True] and known[0] is None:
        known[0] = "index"
    return [role or "index" for role in known]


def _axis(entry: dict[str, Any], size: int, role: Role) -> Axis:
    family, unit, factor = standard_unit(entry.get("units"))
    unit, factor = _unit_for_role(role, family, unit, factor)
    name = str(entry.get("name") or "").strip()
    values = _values(entry, size)
    if values is not None:
        scale, offset = _best_line(values)
        uniform = _is_line(values, scale, offset)
        return Axis(
            name=name, size=size, role=role, unit=unit, scale=scale * factor,
            offset=offset * factor,
            values=None if uniform else tuple(float(v) * factor for v in values),
        )  # fmt: skip
    scale, offset = _number(entry.get("scale"), 1.0), _number(entry.get("offset"), 0.0)
    scale, offset = _tidy(scale * factor), _tidy(offset * factor)
    return Axis(name=name, size=size, role=role, unit=unit, scale=scale, offset=offset)


def _unit_for_role(
    role: Role, family: Family, unit: str | None, factor: float
) -> tuple[str | None, float]:
    if role == "space":
        if family != "length" or unit is None:
            return None, 1.0
        target, ratio = spatial_unit(unit)
        return target, factor * ratio
    if role == "energy" and family == "length" and unit is not None:
        target, ratio = optical_unit(unit)
        return target, factor * ratio
    return unit, factor


def _named(axes: list[Axis]) -> list[Axis]:
    """Give spatial axes their standard names z, y, x, and others a name that is unique."""
    space = [i for i, axis in enumerate(axes) if axis.role == "space"]
    standard = [_SPACE_NAMES.get(axes[i].name.lower(), "") for i in space]
    if len(space) in (2, 3) and len(set(standard) - {""}) < len(space):
        standard = ["z", "y", "x"][-len(space) :]
    for i, name in zip(space, standard, strict=True):
        axes[i] = axes[i].model_copy(update={"name": name or axes[i].name or "x"})
    taken: set[str] = set()
    for i, axis in enumerate(axes):
        spatial_name = axis.role != "space" and axis.name.lower() in _SPACE_NAMES
        name = "" if spatial_name and axis.role in ("energy", "time") else axis.name
        name = name or {"time": "t", "channel": "c", "energy": "Energy"}.get(axis.role, "")
        if not name:
            reciprocal = [k for k, other in enumerate(axes) if other.role == "reciprocal"]
            name = ("kx", "ky")[i != reciprocal[-1]] if i in reciprocal[-2:] else f"axis {i}"
        if name in taken:
            name = f"{name} {i}"
        taken.add(name)
        axes[i] = axis.model_copy(update={"name": name})
    return axes


def _guarded_space(axes: list[Axis], warnings: list[str]) -> list[Axis]:
    space = [i for i, axis in enumerate(axes) if axis.role == "space"]
    if not space:
        return axes
    reason = _reason_against(axes, space)
    if reason:
        warnings.append(reason)
    if reason or any(axes[i].unit is None for i in space):
        for i in space:
            pixels = {"unit": None, "scale": 1.0, "offset": 0.0, "values": None}
            axes[i] = axes[i].model_copy(update=pixels)
        return axes
    unit = axes[space[-1]].unit
    for i in space:
        axes[i] = in_unit(axes[i], unit)
    return axes


def _reason_against(axes: list[Axis], space: list[int]) -> str:
    units = {axes[i].unit for i in space}
    if units == {None}:
        return UNCALIBRATED
    if None in units:
        missing = ", ".join(axes[i].name for i in space if axes[i].unit is None)
        return (
            f"The file states no unit along {missing}: the dataset counts as uncalibrated until"
            " it is given."
        )
    for i in space:
        axis = axes[i]
        size_m = abs(axis.scale) * metres_per(axis.unit or "m")
        if not SMALLEST_PIXEL_M <= size_m <= LARGEST_PIXEL_M:
            return (
                f"The file states {axis.scale:.3g} {axis.unit} per pixel along {axis.name}, which"
                " cannot be: positions are in pixels until it is calibrated."
            )
    return ""


def in_unit(axis: Axis, unit: str | None) -> Axis:
    """Return a length axis expressed in another length unit."""
    if axis.unit == unit or axis.unit is None or unit is None:
        return axis
    values = axis.values and tuple(convert(v, axis.unit, unit) for v in axis.values)
    return axis.model_copy(
        update={
            "unit": unit,
            "scale": convert(axis.scale, axis.unit, unit),
            "offset": convert(axis.offset, axis.unit, unit),
            "values": values,
        }
    )


def _size(entry: dict[str, Any]) -> int:
    if entry.get("axis") is not None:
        return int(np.size(entry["axis"]))
    return int(entry.get("size") or 0)


def _number(value: Any, default: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number + 0.0 if np.isfinite(number) else default  # no negative zero


def _tidy(value: float) -> float:
    """Drop the digits that unit conversion adds: 13 significant ones remain."""
    return float(f"{value:.13g}")


def _values(entry: dict[str, Any], size: int) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    if entry.get("axis") is None:
        return None
    values = np.asarray(entry["axis"], dtype=float).ravel()
    return values if values.size == size and size > 0 else None


def _best_line(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    known = np.flatnonzero(np.isfinite(values))
    if known.size < 2:
        return 1.0, float(values[known[0]]) if known.size else 0.0
    scale, offset = np.polyfit(known, values[known], 1)
    return float(scale), float(offset)


def _is_line(values: np.ndarray[Any, np.dtype[np.float64]], scale: float, offset: float) -> bool:
    line = offset + scale * np.arange(values.size)
    return bool(np.allclose(values, line, rtol=0, atol=UNIFORM_WITHIN * abs(scale)))

"""Datasets in the words of OME-NGFF 0.5 (https://ngff.openmicroscopy.org/0.5), ours beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.pyramids.plan import LevelPlan
    from tiepoint.data.pyramids.write import Averaging
    from tiepoint.model.axes import Axis

VERSION = "0.5"
OWN = "tiepoint"
"""Name of the attribute, and of the group, that hold what NGFF has no words for."""
OWN_FORM = 1

UNITS = {
    "pm": "picometer", "Å": "angstrom", "nm": "nanometer", "µm": "micrometer", "mm": "millimeter",
    "cm": "centimeter", "m": "meter", "km": "kilometer", "inch": "inch",
    "ns": "nanosecond", "µs": "microsecond", "ms": "millisecond", "s": "second", "min": "minute",
    "h": "hour",
}  # fmt: skip
"""NGFF's spelling; units that it does not list (keV, 1/cm) keep ours."""

NOT_IMAGES = {
    "points": "points", "mesh": "a surface", "spectrum": "a single spectrum", "log": "a log",
}  # fmt: skip
CAN = (
    "images, volumes, spectrum images, time series and label maps can be converted, with at most"
    " one axis beside time and space"
)


@dataclass(frozen=True)
class Stored:
    """How the axes of a dataset are stored.

    Attributes
    ----------
    order
        Which axis of the dataset stands where: time, then another, then space.
    axes
        These axes, in the order in which they are stored.
    names
        Their names in the file.
    """

    order: tuple[int, ...]
    axes: tuple[Axis, ...]
    names: tuple[str, ...]


def stored_axes(draft: DatasetDraft, name: str) -> Stored:
    """Return how a dataset is stored.

    Raises
    ------
    TiepointError
        If NGFF has no place for it.
    """
    if draft.kind in NOT_IMAGES:
        raise TiepointError(f"{name} holds {NOT_IMAGES[draft.kind]} and no image: {CAN}.")
    places: dict[str, list[int]] = {"time": [], "other": [], "space": []}
    for at, axis in enumerate(draft.axes):
        places[axis.role if axis.role in places else "other"].append(at)
    if not 2 <= len(places["space"]) <= 3 or len(places["time"]) > 1 or len(places["other"]) > 1:
        said = ", ".join(axis.name for axis in draft.axes)
        raise TiepointError(f"{name} has the axes {said}, which OME-Zarr has no place for: {CAN}.")
    if draft.array.dtype.kind not in "iufcb" or draft.array.dtype.itemsize > 16:
        raise TiepointError(f"The values of {name} ({draft.array.dtype}) are no plain numbers.")
    order = (*places["time"], *places["other"], *places["space"])
    axes = tuple(draft.axes[at] for at in order)
    letters = iter("zyx"[-len(places["space"]) :])
    names = tuple(next(letters) if axis.role == "space" else _name(axis) for axis in axes)
    return Stored(order, axes, names)


def _name(axis: Axis) -> str:
    if axis.role in ("time", "channel"):
        return axis.role[0]
    return axis.name if axis.name.lower() not in tuple("tczyx") else f"{axis.name} {axis.role}"


def image_attributes(
    draft: DatasetDraft, name: str, stored: Stored, plans: Sequence[LevelPlan], averaging: Averaging
) -> dict[str, Any]:
    """Return the attributes of an image's group.

    Every level has a scale and a translation: its pixels' centres lie at whole indices, those of
    a halved axis between two of the finer level.
    """
    ome: dict[str, Any] = {"version": VERSION, "multiscales": [multiscale(
        name, stored, plans, averaging
    )]}  # fmt: skip
    if draft.kind == "labels":
        ome["image-label"] = _image_label(draft)
    return {"ome": ome, OWN: _own(draft, stored)}


def multiscale(
    name: str, stored: Stored, plans: Sequence[LevelPlan], averaging: Averaging, first: int = 0
) -> dict[str, Any]:
    """Return the description of a pyramid, from its level `first` on."""
    words = {"mean": "mean of 2 pixels along each halved axis", "mode": "most frequent value"}
    return {
        "name": name,
        "axes": [_axis(axis, own) for axis, own in zip(stored.axes, stored.names, strict=True)],
        "datasets": [
            {"path": str(number), "coordinateTransformations": _placed(stored.axes, plan)}
            for number, plan in enumerate(plans)
            if number >= first
        ],
        "type": averaging.rule,
        "metadata": {"description": words[averaging.rule], "method": "tiepoint convert"},
    }


def _axis(axis: Axis, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "type": axis.role}
    if axis.unit is not None:
        said["unit"] = UNITS.get(axis.unit, axis.unit)
    return said


def _placed(axes: Sequence[Axis], plan: LevelPlan) -> list[dict[str, Any]]:
    scale = [axis.scale * f for axis, f in zip(axes, plan.factors, strict=True)]
    start = [a.offset + a.scale * at for a, at in zip(axes, plan.origin, strict=True)]
    return [{"type": "scale", "scale": scale}, {"type": "translation", "translation": start}]


def _image_label(draft: DatasetDraft) -> dict[str, Any]:
    said: dict[str, Any] = {"version": VERSION}
    if draft.legend:
        said["colors"] = [
            {"label-value": e.value, "rgba": [*bytes.fromhex(e.colour.lstrip("#")), 255]}
            for e in draft.legend
        ]
        said["properties"] = [{"label-value": e.value, "name": e.name} for e in draft.legend]
    return said


def _own(draft: DatasetDraft, stored: Stored) -> dict[str, Any]:
    """Return what our reader takes back as it was."""
    from tiepoint.data.verbatim import jsonable

    order = [stored.order.index(at) for at in range(len(stored.order))]
    return {
        "form": OWN_FORM,
        "order": order,
        "title": draft.title,
        "technique": draft.technique,
        "kind": draft.kind,
        "frame": draft.frame,
        "rgb": draft.rgb,
        "axes": [axis.model_dump(mode="json") for axis in draft.axes],
        "metadata": jsonable(draft.metadata.model_dump()),
        "quantity": draft.quantity.model_dump(mode="json"),
        "legend": [entry.model_dump(mode="json") for entry in draft.legend],
        "warnings": list(draft.warnings),
    }


def container_attributes() -> dict[str, Any]:
    """Return the attributes of a group that holds several images, numbered from 0."""
    return {"ome": {"version": VERSION, "bioformats2raw.layout": 3}}


def series_attributes(count: int) -> dict[str, Any]:
    """Return the attributes of the group ``OME`` of such a container."""
    return {"ome": {"version": VERSION, "series": [str(number) for number in range(count)]}}

"""Multiscale images as OME-NGFF describes them: axes, scales, translations, channels."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Level,
    Metadata,
    TiepointError,
    known,
    length_unit,
    missing_words,
    spatial_axes,
    standard_unit,
    view,
)
from tiepoint_tomography.tiff_series import Layout, layout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tiepoint.sdk import LazyArray

NO_PHOTOMETRY = -1


def image_drafts(
    group: Any,
    said: Mapping[str, Any],
    title: str,
    original: Callable[[], Mapping[str, Any]],
    lazy: Callable[[str, Any], LazyArray],
) -> Iterator[DatasetDraft]:
    """Yield the datasets of a multiscale image, one per channel.

    Parameters
    ----------
    group
        The open Zarr group.
    said
        Its OME metadata.
    title
        Its name within the file.
    original
        Gives the verbatim metadata.
    lazy
        Turns (path inside the file, open array) into a lazy array.
    """
    for number, image in enumerate(said["multiscales"]):
        levels = list(levels_of(group, image, lazy))
        full, scale, start = levels[0]
        stated = _axes_said(image, full.ndim)
        layout = layout_of(_letters(stated), full.shape, NO_PHOTOMETRY)
        axes = _axes(layout, stated, full.shape, scale, start)
        key = f"{group.path}/{number}".strip("/")
        named = "/".join(part for part in (title, str(image.get("name") or "")) if part)
        labels = "image-label" in said
        frame = f"image {group.path.partition('labels/')[0]}".rstrip("/ ")
        for suffix, held in _channels(layout, full.shape, said):
            yield DatasetDraft(
                title="/".join(part for part in (title if suffix else named, suffix) if part),
                key=f"{key}/{suffix}".strip("/") if suffix else key,
                technique="unknown",
                kind="labels" if labels else layout.kind,
                axes=axes,
                array=view(full, layout.order, held),
                frame=frame,
                metadata=Metadata(identification=known(title=image.get("name"))),
                original=original,
                warnings=missing_words(axes),
                levels=tuple(
                    _level(array, layout, held, (scale, start), placed)
                    for array, *placed in levels[1:]
                ),
            )


def levels_of(
    group: Any, image: Mapping[str, Any], lazy: Callable[[str, Any], LazyArray]
) -> Iterator[tuple[Any, list[float], list[float]]]:
    """Yield every resolution with its scale and translation in the image's units."""
    common = _placed(image.get("coordinateTransformations"), 0)
    if not image.get("datasets"):
        raise TiepointError("A multiscale image lists no datasets; the file is damaged.")
    for entry in image["datasets"]:
        path = "/".join(part for part in (group.path, str(entry["path"])) if part)
        array = lazy(path, group[str(entry["path"])])
        scale, start = _placed(entry.get("coordinateTransformations"), array.ndim)
        outer, shift = _fitted(common, array.ndim)
        yield (
            array,
            [a * b for a, b in zip(scale, outer, strict=True)],
            [a * b + c for a, b, c in zip(start, outer, shift, strict=True)],
        )


def _placed(transforms: Any, ndim: int) -> tuple[list[float], list[float]]:
    """Return scale and translation of a list of transformations; ones and zeros if absent."""
    scale, start = [1.0] * ndim, [0.0] * ndim
    for step in transforms or []:
        if step.get("type") == "scale":
            scale = [float(v) for v in step["scale"]]
        elif step.get("type") == "translation":
            start = [float(v) for v in step["translation"]]
    if ndim and not len(scale) == len(start) == ndim:
        raise TiepointError("A scale of the image has another number of axes than its array.")
    return scale, start


def _fitted(common: tuple[list[float], list[float]], ndim: int) -> tuple[list[float], list[float]]:
    return common[0] or [1.0] * ndim, common[1] or [0.0] * ndim


def _axes_said(image: Mapping[str, Any], ndim: int) -> list[dict[str, Any]]:
    """Return name, type and unit per axis; files before 0.3 have five axes t, c, z, y, x."""
    stated = image.get("axes") or list("tczyx")[-ndim:]
    axes = [dict(axis) if isinstance(axis, dict) else {"name": str(axis)} for axis in stated]
    if len(axes) != ndim:
        raise TiepointError("The image names another number of axes than its array has.")
    kinds = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
    for axis in axes:
        axis.setdefault("type", kinds.get(str(axis.get("name")).lower(), "other"))
    return axes


def _letters(stated: list[dict[str, Any]]) -> str:
    """Return T, C, Z, Y, X or A (another) per axis."""
    letters = []
    space = [at for at, axis in enumerate(stated) if axis["type"] == "space"]
    for at, axis in enumerate(stated):
        if at in space:
            letters.append("ZYX"[3 - len(space) + space.index(at)] if len(space) <= 3 else "A")
        else:
            letters.append({"time": "T", "channel": "C"}.get(axis["type"], "A"))
    return "".join(letters)


def _axes(
    layout: Layout,
    stated: list[dict[str, Any]],
    shape: tuple[int, ...],
    scale: list[float],
    start: list[float],
) -> tuple[Axis, ...]:
    space = [at for at in layout.order if stated[at]["type"] == "space"]
    placed = spatial_axes(
        [str(stated[at]["name"]) for at in space],
        [shape[at] for at in space],
        [scale[at] for at in space],
        [length_unit(stated[at].get("unit")) for at in space],
        [start[at] for at in space],
    )
    by_place = dict(zip(space, placed, strict=True))
    return tuple(
        by_place.get(at) or _other(stated[at], shape[at], scale[at], start[at])
        for at in layout.order
    )


def _other(said: dict[str, Any], size: int, scale: float, start: float) -> Axis:
    unit, role = standard_unit(said.get("unit"))
    name = str(said.get("name"))
    if said["type"] == "time":
        known_step = unit is not None
        return Axis(
            name="time", size=size, scale=scale if known_step else 1.0, unit=unit,
            offset=start if known_step else 0.0, role="time",
        )  # fmt: skip
    if said["type"] == "channel":
        return Axis(name=name, size=size, role="channel")
    if unit is None or role is None or role == "space":
        return Axis(name=name, size=size, role="index")
    return Axis(name=name, size=size, scale=scale, unit=unit, offset=start, role=role)


def _channels(
    layout: Layout, shape: tuple[int, ...], said: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Yield each channel's name (empty if there is one only) and the axes it holds."""
    count = 1
    for axis in layout.split:
        count *= shape[axis]
    named = (said.get("omero") or {}).get("channels") or []
    labels = [str(channel.get("label") or "") for channel in named]
    unique = len(set(labels)) == len(labels) == count
    for number, at in enumerate(product(*(range(shape[axis]) for axis in layout.split))):
        name = labels[number] if unique and labels[number] else f"channel {number + 1}"
        yield name if count > 1 else "", tuple(zip(layout.split, at, strict=True))


def _level(
    array: Any,
    layout: Layout,
    held: tuple[tuple[int, int], ...],
    full: tuple[list[float], list[float]],
    placed: list[list[float]],
) -> Level:
    """Return a coarser level, placed as its own scale and translation say."""
    (scale, start), (own_scale, own_start) = full, placed
    factors = [own_scale[at] / scale[at] if scale[at] else 1.0 for at in layout.order]
    origin = [(own_start[at] - start[at]) / scale[at] if scale[at] else 0.0 for at in layout.order]
    return Level(view(array, layout.order, held), tuple(factors), tuple(origin))


def plain_draft(array: LazyArray, key: str, names: tuple[str, ...]) -> DatasetDraft:
    """Return an array without OME metadata: uncalibrated pixels."""
    if array.ndim < 2:
        raise TiepointError("The array has one axis only and is no image.")
    own = list(names or (["index"] * array.ndim + list("zyx"))[-array.ndim :])
    flat = max(0, array.ndim - 3)
    axes = (
        *(Axis(name=own[at], size=array.shape[at], role="index") for at in range(flat)),
        *spatial_axes(own[flat:], array.shape[flat:], [None] * (array.ndim - flat), None),
    )
    return DatasetDraft(
        title=key,
        key=key,
        technique="unknown",
        kind="image" if array.ndim == 2 else "volume",
        axes=axes,
        array=array,
        warnings=missing_words(axes),
    )

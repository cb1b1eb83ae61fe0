"""Zeiss CZI: scenes and channels, read region by region with Zeiss's own library."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    TiepointError,
    framed_array,
    jsonable,
    known,
    missing_words,
    spatial_axes,
)
from tiepoint_light.words import entry, listed, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import ArrayLike

TYPES = {"Gray8": "u1", "Gray16": "u2", "Gray32Float": "f4", "Bgr24": "u1", "Bgr48": "u2"}
OUTER = "TRIHVBZ"
"""Dimensions that are walked, in this order; C and the scene make datasets of their own."""
Rectangle = tuple[int, int, int, int]


def read(path: Path) -> list[DatasetDraft]:
    """Return one dataset per scene and channel; scenes share the stage's coordinates.

    Raises
    ------
    TiepointError
        If the file is damaged or its pixels are of a type that cannot be shown.
    """
    from pylibCZIrw.czi import open_czi

    with open_czi(str(path)) as document:
        box = dict(document.total_bounding_box)
        whole = tuple(document.total_bounding_rectangle)
        scenes = {n: tuple(r) for n, r in document.scenes_bounding_rectangle.items()}
        types = dict(document.pixel_types)
        said = document.metadata or {}
    image = entry(said, "ImageDocument", "Metadata", "Information", "Image") or {}
    drafts = []
    for scene, rectangle in (scenes or {-1: whole}).items():
        for channel in range(*box.get("C", (0, 1))):
            title = _title(image, scene if len(scenes) > 1 else -1, channel)
            pixels = types.get(channel, "Invalid")
            drafts.append(_draft(path, said, title, box, rectangle, scene, channel, pixels))
    return drafts


def _draft(
    path: Path, said: Any, title: str, box: dict[str, tuple[int, int]], rectangle: Rectangle,
    scene: int, channel: int, pixels: str,
) -> DatasetDraft:  # fmt: skip
    if pixels not in TYPES:
        raise TiepointError(f"{path.name} has pixels of the type {pixels}, which cannot be shown.")
    rgb = pixels.startswith("Bgr")
    outer = tuple((d, *box[d]) for d in OUTER if d in box and box[d][1] - box[d][0] > 1)
    x, y, width, height = rectangle
    steps = _steps(said)
    deep = any(d == "Z" for d, *_ in outer)
    names = ("z", "y", "x") if deep else ("y", "x")
    sizes = (*(stop - start for d, start, stop in outer if d == "Z"), height, width)
    scales = [steps.get(name.upper()) for name in names]
    starts = [0.0, (steps.get("Y") or 0) * y, (steps.get("X") or 0) * x][-len(names) :]
    space = spatial_axes(names, sizes, scales, "m", starts)
    axes = (*(_outer_axis(d, stop - start) for d, start, stop in outer if d != "Z"), *space)
    return DatasetDraft(
        title=title,
        key=f"scene {max(scene, 0)} channel {channel}",
        technique=_technique(said, channel),
        kind="volume" if deep else "time series" if any(d == "T" for d, *_ in outer) else "image",
        axes=(*axes, Axis(name="channel", size=3, role="channel")) if rgb else axes,
        array=_array(path, outer, rectangle, scene, channel, pixels),
        frame="scenes",
        rgb=rgb,
        metadata=_metadata(said, channel, steps),
        original=partial(original_metadata, path),
        warnings=missing_words(space),
    )


def _array(
    path: Path, outer: tuple[tuple[str, int, int], ...], rectangle: Rectangle, scene: int,
    channel: int, pixels: str,
) -> ArrayLike:  # fmt: skip
    _, _, width, height = rectangle
    samples = (3,) if pixels.startswith("Bgr") else ()
    shape = (*(stop - start for _, start, stop in outer), height, width, *samples)
    firsts = tuple((d, start) for d, start, _ in outer)
    return framed_array(
        open_planes, shape, len(outer), np.dtype(TYPES[pixels]), str(path), firsts, rectangle,
        scene, channel, bool(samples),
    )  # fmt: skip


@contextmanager
def open_planes(
    path: str, firsts: tuple[tuple[str, int], ...], rectangle: Rectangle, scene: int, channel: int,
    rgb: bool,
) -> Iterator[Callable[..., npt.NDArray[Any]]]:  # fmt: skip
    """Open the file for one read; yields what reads a part of a plane."""
    from pylibCZIrw.czi import open_czi

    left, top, *_ = rectangle
    with open_czi(path) as document:

        def page(numbers: tuple[int, ...], inner: tuple[Any, ...]) -> npt.NDArray[Any]:
            rows, first_row = _span(inner[0])
            columns, first_column = _span(inner[1])
            plane = {d: start + n for (d, start), n in zip(firsts, numbers, strict=True)}
            region = (left + first_column, top + first_row, columns, rows)
            values = document.read(
                roi=region, plane={**plane, "C": channel}, scene=None if scene < 0 else scene
            )
            part = values[..., ::-1] if rgb else values[..., 0]
            found: npt.NDArray[Any] = part[(_within(inner[0]), _within(inner[1]), *inner[2:])]
            return found

        yield page


def _span(part: slice | int) -> tuple[int, int]:
    if isinstance(part, int):
        return 1, part
    return max(1, part.stop - part.start), part.start


def _within(part: slice | int) -> slice | int:
    return 0 if isinstance(part, int) else slice(0, part.stop - part.start, part.step)


def _outer_axis(dimension: str, size: int) -> Axis:
    if dimension == "T":
        return Axis(name="time", size=size, role="time")
    return Axis(name=dimension, size=size, role="index")


def _steps(said: Any) -> dict[str, float]:
    """Return metres per pixel by axis; a distance of zero is none."""
    found = listed(entry(said, "ImageDocument", "Metadata", "Scaling", "Items", "Distance"))
    steps = {str(d.get("@Id")): number(d.get("Value")) for d in found if isinstance(d, dict)}
    return {axis: step for axis, step in steps.items() if step}


def _channel(image: Any, channel: int) -> dict[str, Any]:
    channels = listed(entry(image, "Dimensions", "Channels", "Channel"))
    found = channels[channel] if channel < len(channels) else None
    return found if isinstance(found, dict) else {}


def _title(image: Any, scene: int, channel: int) -> str:
    words = str(_channel(image, channel).get("@Name") or f"channel {channel + 1}")
    return words if scene < 0 else f"scene {scene + 1} {words}"


def _technique(said: Any, channel: int) -> str:
    image = entry(said, "ImageDocument", "Metadata", "Information", "Image")
    method = str(_channel(image, channel).get("ContrastMethod") or "")
    if method == "Fluorescence":
        return "fluorescence"
    return "light microscopy" if method else "unknown"


def _metadata(said: Any, channel: int, steps: dict[str, float]) -> Metadata:
    information = entry(said, "ImageDocument", "Metadata", "Information") or {}
    image = entry(information, "Image") or {}
    instrument = entry(information, "Instrument") or {}
    microscope = listed(entry(instrument, "Microscopes", "Microscope"))
    objective = listed(entry(instrument, "Objectives", "Objective"))
    about = _channel(image, channel)
    return Metadata(
        identification=known(
            acquired=entry(image, "AcquisitionDateAndTime"),
            instrument=entry(microscope[0], "@Name") if microscope else None,
            software=entry(information, "Application", "Name"),
            user=entry(information, "User", "DisplayName"),
        ),
        references=known(pixel_size={"value": steps["X"] * 1e6, "unit": "µm"})
        if "X" in steps
        else {},
        settings=known(
            channel=about.get("@Name"),
            contrast_method=about.get("ContrastMethod"),
            excitation_nm=number(about.get("ExcitationWavelength")),
            emission_nm=number(about.get("EmissionWavelength")),
            objective=entry(objective[0], "@Name") if objective else None,
        ),
    )


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the file's XML as nested words, verbatim."""
    from pylibCZIrw.czi import open_czi

    with open_czi(str(path)) as document:
        found: dict[str, Any] = jsonable(document.metadata or {})
        return found

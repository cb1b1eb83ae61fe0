"""Photothermal infrared (.ptir): images at one wavenumber and spectra at marked places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    DatasetDraft,
    Metadata,
    Quantity,
    TiepointError,
    axis_from_values,
    h5_array,
    h5_file,
    jsonable,
    known,
    spatial_axes,
    stage_position,
    view,
)

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (
    "The file does not say whether its first row is the upper or the lower one: check before"
    " registering."
)


def is_ptir(path: Path, _head: bytes) -> bool:
    """Whether the file is one of PTIR Studio's."""
    with h5_file(path) as file:
        return "SoftwareVersion" in file.attrs and "PTIR" in _text(file.attrs["SoftwareVersion"])


def read(path: Path) -> list[DatasetDraft]:
    """Return the images, which share the stage's coordinates, and every spectrum.

    Raises
    ------
    TiepointError
        If it holds neither.
    """
    drafts = []
    with h5_file(path) as file:
        for name, item in file.get("Heightmaps", {}).items():
            if getattr(item, "ndim", 0) == 2:
                drafts.append(_image(path, name, item))
        for name, group in file.items():
            if name.startswith("Measurement_"):
                drafts += _spectra(path, name, group)
    if not drafts:
        raise TiepointError(f"{path.name} holds neither images nor spectra.")
    return drafts


def _image(path: Path, name: str, item: Any) -> DatasetDraft:
    said = item.attrs
    rows, columns = item.shape
    height, width = (_number(said.get(key)) for key in ("SizeHeight", "SizeWidth"))
    y, x = (_number(said.get(key)) or 0.0 for key in ("PositionY", "PositionX"))
    steps = (height and height / rows, width and width / columns)
    starts = [
        centre - (size or 0.0) / 2 + (step or 0.0) / 2
        for centre, size, step in zip((-y, x), (height, width), steps, strict=True)
    ]
    axes = spatial_axes("yx", (rows, columns), steps, "µm", starts)
    unit = _text(said.get("UnitPrefix", "")) + _text(said.get("Units", ""))
    return DatasetDraft(
        title=_text(said.get("Label", name)),
        key=f"Heightmaps/{name}",
        technique="IR",
        kind="image",
        axes=axes,
        array=h5_array(path, item),
        frame="stage",
        metadata=_metadata(said),
        original=partial(original, path, f"Heightmaps/{name}"),
        warnings=(ROWS,),
        quantity=Quantity(name="photothermal signal", unit=unit or None),
    )


def _spectra(path: Path, name: str, group: Any) -> list[DatasetDraft]:
    positions = group.get("Spectroscopic_Values")
    if positions is None:
        return []
    axis = axis_from_values("Wavenumber", np.asarray(positions[0], float), "1/cm", "energy")
    found = []
    for channel, part in group.items():
        data = part.get("Raw_Data") if hasattr(part, "get") else None
        if channel.startswith("Channel_") and data is not None and data.shape == (1, axis.size):
            label = _text(group.attrs.get("Label", name))
            what = _text(part.attrs.get("Label", "")) or _text(part.attrs.get("DataSignal", ""))
            found.append(
                DatasetDraft(
                    title=f"{label} {what}".strip(),
                    key=f"{name}/{channel}",
                    technique="IR",
                    kind="spectrum",
                    axes=(axis,),
                    array=view(h5_array(path, data), (1,), ((0, 0),)),
                    metadata=_metadata(group.attrs),
                    original=partial(original, path, name),
                )
            )
    return found


def _metadata(said: Any) -> Metadata:
    place = {
        axis: _number(said.get(f"Position{axis.upper()}", said.get(f"Location{axis.upper()}")))
        for axis in "xyz"
    }
    return Metadata(
        identification=known(
            acquired=_text(said.get("Timestamp", said.get("timestamp", ""))),
            software=_text(said.get("SoftwareVersion", "")),
        ),
        references=known(stage=stage_position(place, "µm")),
        settings=known(
            laser=_text(said.get("IRLaser", "")), wavenumber=_text(said.get("IRWavenumber", "")),
            objective=_text(said.get("Objective", "")), detector=_text(said.get("Detector", "")),
        ),
    )  # fmt: skip


def original(path: Path, name: str) -> dict[str, Any]:
    """Return the attributes of an image or a measurement, verbatim."""
    with h5_file(path) as file:
        return {key: jsonable(value) for key, value in file[name].attrs.items()}


def _number(value: Any) -> float | None:
    try:
        return float(np.asarray(value).ravel()[0])
    except (TypeError, ValueError, IndexError):
        return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

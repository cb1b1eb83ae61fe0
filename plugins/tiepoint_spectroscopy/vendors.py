"""Small corrections for vendors whose files need no module of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint_spectroscopy.arrays import is_colour
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


def renishaw(path: Path, signals: list[Signal]) -> list[Signal]:
    """Put the white-light image and the map into the stage frame that WiRE states for both."""
    for signal in signals:
        if is_colour(np.dtype(signal.data.dtype)):
            signal.technique = "light microscopy"
            signal.metadata.setdefault("General", {}).setdefault("title", "White light")
            for axis in signal.axes:
                axis.pop("index_in_array", None)
        names = {str(axis.get("name")).lower() for axis in signal.axes}
        if {"x", "y"} <= names:
            signal.frame = "stage"
    return signals


def digitalsurf(path: Path, signals: list[Signal]) -> list[Signal]:
    """Put colour planes together, name the technique of spectral files, and take volts as volts."""
    found: list[Signal] = []
    for signal in signals:
        _volts_to_kilovolts(signal)
        if signal.signal_type == "CL" and not any(
            "avelength" in str(axis.get("name")) for axis in signal.axes
        ):
            signal.technique = "CL"
        found.extend(_without_planes(signal))
    return found


def pantarhei(path: Path, signals: list[Signal]) -> list[Signal]:
    """Say why older files have no calibration: it is a pickle, which could run programs."""
    for signal in signals:
        if not signal.original:
            signal.warnings.append(
                "Panta Rhei before 24.03 stores pixel size and metadata in a form that could run"
                " programs and is not read; export as .hspy or save again with a newer version."
            )
    return signals


def _volts_to_kilovolts(signal: Signal) -> None:
    microscope = section(signal.metadata, "Acquisition_instrument", "SEM")
    if microscope.get("beam_energy_units") == "V" and microscope.get("beam_energy") is not None:
        microscope["beam_energy"] = float(microscope["beam_energy"]) / 1e3
        microscope["beam_energy_units"] = "kV"


def _without_planes(signal: Signal) -> list[Signal]:
    """Return a surface and its colours, or a picture in colour, as signals of their own.

    Such files hold one plane per colour, behind the heights where these were measured too.
    """
    if len(signal.axes) != 3 or signal.axes[0].get("name"):
        return [signal]
    planes = np.asarray(signal.data)
    colours = planes[-3:]
    if len(planes) not in (3, 4) or not _are_bytes(colours):
        signal.axes[0].update(name="channel", role="channel")
        return [signal]
    axes = [_plane_axis(axis) for axis in signal.axes[1:]]
    pixels = np.empty(planes.shape[1:], [(name, np.uint8) for name in "RGB"])
    for name, plane in zip("RGB", colours, strict=True):
        pixels[name] = plane
    frame = signal.frame or "surface"
    picture = replace(signal, data=pixels, axes=axes, frame=frame, metadata=_untold(signal))
    if len(planes) == 3:
        return [picture]
    picture.metadata.setdefault("General", {})["title"] = "colours"
    metadata = {**signal.metadata, "General": {**section(signal.metadata, "General")}}
    metadata["General"]["title"] = "heights"
    heights = replace(
        signal, data=planes[0], axes=[dict(axis) for axis in axes], frame=frame, metadata=metadata
    )
    return [heights, picture]


def _are_bytes(values: np.ndarray[Any, Any]) -> bool:
    return bool(
        np.isfinite(values).all()
        and values.min() >= 0
        and values.max() <= 255
        and (values == np.round(values)).all()
    )


def _plane_axis(axis: dict[str, Any]) -> dict[str, Any]:
    """Return the axis of one plane: its place is another now."""
    return {key: value for key, value in axis.items() if key != "index_in_array"}


def _untold(signal: Signal) -> dict[str, Any]:
    """Return the metadata of a picture: its colours are no heights."""
    told = {key: value for key, value in signal.metadata.items() if key != "Signal"}
    return {**told, "General": {**section(signal.metadata, "General")}}

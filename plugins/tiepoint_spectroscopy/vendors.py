"""Small corrections for vendors whose files need no module of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint_spectroscopy.arrays import is_colour

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
    """Name the colour planes of pictures and the technique of spectral files."""
    for signal in signals:
        if len(signal.axes) == 3 and not signal.axes[0].get("name") and _planes(signal) in (3, 4):
            signal.axes[0].update(name="channel", role="channel")
        if signal.signal_type == "CL" and not any(
            "avelength" in str(axis.get("name")) for axis in signal.axes
        ):
            signal.technique = "CL"
    return signals


def pantarhei(path: Path, signals: list[Signal]) -> list[Signal]:
    """Say why older files have no calibration: it is a pickle, which could run programs."""
    for signal in signals:
        if not signal.original:
            signal.warnings.append(
                "Panta Rhei before 24.03 stores pixel size and metadata in a form that could run"
                " programs and is not read; export as .hspy or save again with a newer version."
            )
    return signals


def _planes(signal: Signal) -> int:
    return int(signal.data.shape[0])

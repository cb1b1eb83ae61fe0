"""DigitalMicrograph: a Fourier transform is no picture of the specimen, not every beta a tilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint_spectroscopy.axes import role_of
from tiepoint_spectroscopy.signal import section
from tiepoint_spectroscopy.technique import FOURIER

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal

# What DigitalMicrograph calls the transforms that it computes, before the picture's own title.
_TRANSFORMS = ("FFT of", "Power Spectrum of", "Reduced FFT of")


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Say which pictures are Fourier transforms, and call the rotation of an SEM stage rotation."""
    for signal in signals:
        _mark_transform(signal)
        _name_rotation(signal)
    return signals


def _mark_transform(signal: Signal) -> None:
    """Mark a transform, and the axes of one that has no unit as reciprocal."""
    plane = signal.axes[-2:]
    is_complex = np.dtype(signal.data.dtype).kind == "c"
    if is_complex:
        for axis in plane:
            if not axis.get("units"):
                axis["role"] = "reciprocal"
    reciprocal = len(plane) == 2 and all(
        role_of(axis, len(signal.axes)) == "reciprocal" for axis in plane
    )
    if reciprocal and (is_complex or signal.title.startswith(_TRANSFORMS)):
        signal.technique = FOURIER


def _name_rotation(signal: Signal) -> None:
    """Move ``Stage Beta`` of a scanning electron microscope to the rotation.

    The file has places for two tilts only. An SEM stage tilts about one axis and rotates; files
    of three SEMs hold 165°, 264° and 341° there, which no stage tilts by.
    """
    stage = section(signal.metadata, "Acquisition_instrument", "SEM", "Stage")
    if "tilt_beta" in stage:
        stage.setdefault("rotation", stage.pop("tilt_beta"))

"""DigitalMicrograph: Fourier transforms are not pictures of the specimen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Mark the axes of complex images without a length unit as reciprocal."""
    for signal in signals:
        if np.dtype(signal.data.dtype).kind == "c":
            for axis in signal.axes[-2:]:
                if not axis.get("units"):
                    axis["role"] = "reciprocal"
                    signal.technique = "TEM"
    return signals

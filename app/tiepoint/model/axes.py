"""Axes of a dataset: names, sizes, calibration."""

from __future__ import annotations

from typing import Literal

from tiepoint.model.base import Frozen

Role = Literal["space", "energy", "time", "channel", "reciprocal", "index"]


class Axis(Frozen):
    """One array axis. ``position = offset + scale * index``; the pixel centre is at the index.

    Attributes
    ----------
    name
        ``z``, ``y``, ``x``, ``Energy`` …
    size
        Number of samples.
    scale
        Step in `unit`, may be negative (some instruments scan upwards).
    unit
        Standard spelling (``nm``, ``µm``, ``keV`` …); ``None`` where the file does not say.
    offset
        Position of index 0 in `unit`.
    role
        What the axis counts: space, energy (also wavelength and wavenumber), time, channel,
        reciprocal (diffraction space) or a plain index.
    values
        Positions of all samples where the axis is not uniform; then `scale` and `offset`
        describe its best straight line.
    """

    name: str
    size: int
    scale: float = 1.0
    unit: str | None = None
    offset: float = 0.0
    role: Role = "space"
    values: tuple[float, ...] | None = None

    @property
    def calibrated(self) -> bool:
        """Whether a physical position is known."""
        return self.unit is not None

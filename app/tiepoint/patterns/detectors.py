"""Virtual detectors: which pixels of a pattern are summed.

A pixel belongs to a detector if its centre lies at ``inner <= distance < outer``, so that a disc
and the annulus around it share no pixel and leave none out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.patterns.axes import PIXELS, distances, steps, unit_on, unit_words
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import plain_number

if TYPE_CHECKING:
    from tiepoint.model.axes import Axis
    from tiepoint.patterns.disc import BrightDisc
    from tiepoint.support.arrays import AnyArray

OWN = "Virtual detector"

_PRESETS = (("BF", 0.0, 1.0), ("ABF", 0.5, 1.0), ("ADF", 1.1, 3.0), ("HAADF", 3.0, np.inf))
"""Inner and outer radius in radii of the bright disc. Bright field and annular bright field (the
outer half) follow S. D. Findlay et al., Ultramicroscopy 110 (2010) 903; between the disc's blurred
edge and three radii Bragg discs still contribute, beyond it thermal diffuse scattering prevails
(S. J. Pennycook, P. D. Nellist, eds., Scanning Transmission Electron Microscopy, 2011, ch. 2)."""

PRESETS = tuple(name for name, _, _ in _PRESETS)


@dataclass(frozen=True)
class Detector:
    """A disc or an annulus on a pattern.

    Attributes
    ----------
    centre_yx
        Pixel indices of its centre.
    inner, outer
        Radii in `unit`; a disc has the inner radius 0.
    unit
        ``"px"`` or that of the pattern's axes.
    name
        ``"BF"``, ``"HAADF"`` …
    """

    centre_yx: tuple[float, float]
    inner: float
    outer: float
    unit: str = PIXELS
    name: str = OWN

    def words(self) -> str:
        """Return the detector for people: ``"ADF 5.5 to 15 mrad"``; no slash, as names have it."""
        low, high = plain_number(self.inner, 3), plain_number(self.outer, 3)
        return f"{self.name} {low} to {high} {unit_words(self.unit)}"

    def settings(self) -> dict[str, Any]:
        """Return the detector as plain JSON, for the record of what was computed."""
        return {
            "detector": self.name,
            "centre_yx_px": [float(place) for place in self.centre_yx],
            "inner": float(self.inner),
            "outer": float(self.outer),
            "unit": self.unit,
        }


def mask_of(detector: Detector, axes: tuple[Axis, Axis]) -> AnyArray:
    """Return (ky, kx) True where a detector collects.

    Raises
    ------
    TiepointError
        If the radii are no annulus, or no pixel lies in it.
    """
    numbers = (*detector.centre_yx, detector.inner, detector.outer)
    if not all(isfinite(number) for number in numbers):
        raise TiepointError("The detector's centre and radii must be numbers.")
    if not 0 <= detector.inner < detector.outer:
        raise TiepointError("The inner radius must be 0 or more and below the outer radius.")
    far = distances(axes, detector.centre_yx, detector.unit)
    mask = (far >= detector.inner) & (far < detector.outer)
    if not mask.any():
        raise TiepointError("No pixel of the patterns lies on this detector: enlarge or move it.")
    return mask


def in_unit(detector: Detector, axes: tuple[Axis, Axis], unit: str) -> Detector:
    """Return the same detector with its radii in another unit.

    Where the pixels are not square the mean size of their two sides counts.
    """
    if unit == detector.unit:
        return detector
    factor = _size(axes, unit) / _size(axes, detector.unit)
    return Detector(
        detector.centre_yx,
        detector.inner * factor,
        detector.outer * factor,
        unit,
        detector.name,
    )


def preset(name: str, disc: BrightDisc, axes: tuple[Axis, Axis]) -> Detector:
    """Return a usual detector relative to the bright disc.

    One that has no outer end reaches as far as the frame holds a whole circle.

    Parameters
    ----------
    name
        One of `PRESETS`.
    disc
        The bright disc of the mean pattern.

    Raises
    ------
    TiepointError
        If the camera does not reach that far.
    """
    inner, outer = next((low, high) for key, low, high in _PRESETS if key == name)
    reach = disc_reach(disc, axes)
    if inner > 1 and inner * disc.radius_px >= reach:
        raise TiepointError(
            f"The camera does not reach to the {name} detector: it begins at {inner:g} radii of"
            f" the bright disc, and the frame ends at {reach / disc.radius_px:.2g}."
        )
    pixels = Detector(
        disc.centre_yx,
        inner * disc.radius_px,
        reach if isinf(outer) else outer * disc.radius_px,
        PIXELS,
        name,
    )
    return in_unit(pixels, axes, unit_on(axes))


def disc_reach(disc: BrightDisc, axes: tuple[Axis, Axis]) -> float:
    """Return the radius of the largest circle around a disc that the frame holds whole, pixels."""
    sides = [
        min(place + 0.5, axis.size - 0.5 - place)
        for place, axis in zip(disc.centre_yx, axes, strict=True)
    ]
    return float(max(min(sides), 1.0))


def runs_of(mask: AnyArray) -> AnyArray:
    """Return the stretches of True in a mask as (N, 3): row, start, stop."""
    edges = np.diff(np.asarray(mask, np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    stops = np.nonzero(edges == -1)[1]
    return np.stack([rows, starts, stops], axis=1)


def _size(axes: tuple[Axis, Axis], unit: str) -> float:
    return float(np.sqrt(np.prod(steps(axes, unit))))

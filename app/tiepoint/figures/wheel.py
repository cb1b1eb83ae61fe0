"""The colour wheel that stands in a legend for values with a period."""

from __future__ import annotations

from math import pi, tau
from typing import TYPE_CHECKING

from tiepoint.figures.ramps import ramp

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset

SECTORS = 72


def has_wheel(dataset: Dataset) -> bool:
    """Whether a dataset's colours come back after the period of its values."""
    return bool(dataset.quantity.period) and not dataset.display.colormap.startswith("#")


def wheel_words(dataset: Dataset, limits: tuple[float, float] | None) -> str:
    """Return what the wheel shows: ``"0 at the right, −π to π rad"``."""
    unit = dataset.quantity.unit or ""
    unit = "°" if unit.lower().startswith("deg") else unit
    if limits is None:
        return unit
    gap = "" if unit == "°" else " "
    return f"0 at the right, {_ends(limits)}{gap}{unit}".strip()


def _ends(limits: tuple[float, float]) -> str:
    return " to ".join(_plain(end) for end in limits)


def _plain(value: float) -> str:
    for number, word in ((pi, "π"), (tau, "2π"), (-pi, "−π")):
        if abs(value - number) < 1e-6:
            return word
    return f"{value:g}".replace("-", "−")


def wheel_sectors(name: str, start: float = 0.0) -> list[tuple[float, tuple[int, int, int]]]:
    """Return (angle in degrees from the right, growing clockwise; colour 0–255) of each sector.

    Parameters
    ----------
    name
        Of the colour map.
    start
        Part of the period below 0 at which the colours begin: 0.5 for −π to π.
    """
    colours = ramp(name)
    found = []
    for number in range(SECTORS):
        share = (number / SECTORS + start) % 1.0
        red, green, blue = (round(255 * c) for c in colours[int(share * 255)][:3])
        found.append((number * 360 / SECTORS, (red, green, blue)))
    return found


def start_of(limits: tuple[float, float] | None, period: float) -> float:
    """Return the part of the period that lies below 0."""
    return 0.0 if limits is None else -limits[0] / period % 1.0

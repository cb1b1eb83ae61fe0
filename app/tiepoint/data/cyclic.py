"""Angles and phases: values that come back after a period, and must not be averaged as numbers.

Between 179° and -179° lies 180°, not 0°. Such values are interpolated as the points of a circle
that they stand for (the mean direction of circular statistics: Mardia & Jupp, Directional
Statistics, 2000, section 2.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import tau
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tiepoint.data.contrast import sample

if TYPE_CHECKING:
    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Quantity
    from tiepoint.support.arrays import AnyArray, FloatArray

CYCLIC_MAP = "romaO"
"""Of F. Crameri's colour maps: cyclic, even in lightness, readable with colour-blindness."""
TURNS = {
    "rad": tau, "radian": tau, "radians": tau,
    "deg": 360.0, "°": 360.0, "degree": 360.0, "degrees": 360.0,
}  # fmt: skip
ANGLE_WORDS = re.compile(r"phase|azimuth|direction|argument|\bangle|euler|(?<!mis)orientation")
LEAST_FILLED = 0.8
"""Part of the period that wrapped values reach over; less of it is shown as plain numbers."""


def turn_of(unit: str | None) -> float | None:
    """Return a full turn in an angle's unit: 2π or 360; ``None`` if it is no unit of angles."""
    return TURNS.get((unit or "").strip().lower())


def cyclic_quantity(draft: DatasetDraft) -> tuple[Quantity, tuple[float, float] | None]:
    """Return what the values are with their period, and the range that one period is shown over.

    A file seldom states that an angle is wrapped. It is taken as such where the unit is one of
    angles, the name says phase, azimuth, direction or the like, and a sample of the values stays
    within one turn and fills most of it. A phase that was unwrapped does not.

    Raises
    ------
    TiepointError
        If the values cannot be read.
    """
    quantity = draft.quantity
    turn = quantity.period or turn_of(quantity.unit)
    if turn is None or draft.rgb or draft.kind not in ("image", "volume"):
        return quantity, None
    named = f"{quantity.name} {draft.title}".lower()
    if quantity.period is None and ("unwrapped" in named or not ANGLE_WORDS.search(named)):
        return quantity, None
    values = np.asarray(sample(draft.array), float)
    values = values[np.isfinite(values)]
    if not values.size:
        return quantity, None
    low, high = float(values.min()), float(values.max())
    if quantity.period is None and not LEAST_FILLED * turn <= high - low <= 1.001 * turn:
        return quantity, None
    start = period_start(values, turn)
    return quantity.replace(period=turn), (start, start + turn)


def period_start(values: AnyArray, period: float) -> float:
    """Return where the period of values begins: at 0, or half a period below it."""
    return -period / 2 if np.nanmin(values, initial=np.inf) < -1e-6 * period else 0.0


@dataclass(frozen=True)
class OnCircle:
    """The cosines or sines of an array of angles, computed as it is read.

    Attributes
    ----------
    array
        Angles.
    period
        A full turn in their unit.
    part
        Which of the two.
    """

    array: ArrayLike
    period: float
    part: Literal["cos", "sin"]

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape."""
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Single precision."""
        return np.dtype(np.float32)

    @property
    def chunks(self) -> Any:
        """Chunks of the angles."""
        return getattr(self.array, "chunks", None)

    @property
    def cache_key(self) -> tuple[object, ...]:
        """Name of these values for a cache of chunks."""
        return (getattr(self.array, "cache_key", id(self.array)), self.part, self.period)

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part."""
        turned = np.asarray(self.array[key], float) * (tau / self.period)
        found = np.cos(turned) if self.part == "cos" else np.sin(turned)
        return np.asarray(found, np.float32)


def from_circle(cos: AnyArray, sin: AnyArray, period: float, start: float) -> FloatArray:
    """Return the angles of points, in ``[start, start + period)``; NaN stays NaN."""
    angle = np.arctan2(np.asarray(sin, float), np.asarray(cos, float)) * (period / tau)
    return np.asarray(start + np.mod(angle - start, period))

"""Compiled blending. Importing this module imports numba; import it inside functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiepoint.geometry.kernel_parts import compiled


@compiled
def blend_band(
    values: Any, mask: Any, ramp: Any, low: float, high: float, gamma: float, opacity: float,
    additive: bool, canvas: Any,
) -> None:  # fmt: skip
    """Blend a band of one dataset into the canvas.

    Parameters
    ----------
    values, mask
        (rows, cols).
    ramp
        (256, 3) float32 colours, 0–1.
    low, high
        Values at the ends of the ramp; NaN counts as 0.
    canvas
        (rows, cols, 3) float32, changed here.
    """
    scale = np.float32(1.0 / (high - low))
    start, weight = np.float32(low), np.float32(opacity)
    power = np.float32(gamma)
    rest = np.float32(0.0) if additive else weight
    for r in range(values.shape[0]):
        for c in range(values.shape[1]):
            if not mask[r, c]:
                continue
            value = np.float32(values[r, c])
            if value != value:
                value = np.float32(0.0)
            share = min(max((value - start) * scale, np.float32(0.0)), np.float32(1.0))
            if power != np.float32(1.0):
                share = share**power
            at = int(share * np.float32(255.0) + np.float32(0.5))
            for k in range(3):
                canvas[r, c, k] += ramp[at, k] * weight - canvas[r, c, k] * rest


@compiled
def to_bytes(canvas: Any, out: Any) -> None:
    """Write (rows, cols, 3) of 0–1 as uint8, clipped and rounded half up."""
    for r in range(canvas.shape[0]):
        for c in range(canvas.shape[1]):
            for k in range(3):
                share = min(max(canvas[r, c, k], np.float32(0.0)), np.float32(1.0))
                out[r, c, k] = np.uint8(share * np.float32(255.0) + np.float32(0.5))

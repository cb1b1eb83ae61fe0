"""A small scan of diffraction patterns whose parts are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tiny_spectra import space

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset

if TYPE_CHECKING:
    from tiepoint.session import Session

SCAN, CAMERA = (12, 14), (48, 56)
CENTRE, RADIUS = (22.3, 29.6), 6.0
STEP = 0.25
"""1/nm per pixel of the camera."""


def patterns() -> np.ndarray:
    """Return (12, 14, 48, 56) uint16: a disc, and from column 7 on a ring 15 to 18 pixels away."""
    rows, columns = np.indices(CAMERA)
    values = np.full((*SCAN, *CAMERA), 2, np.uint16)
    far = np.hypot(rows - CENTRE[0], columns - CENTRE[1])
    values[:, :, far < RADIUS] = 900
    values[:, 7:, (far >= 15) & (far < 18)] = 60
    values += np.arange(SCAN[0], dtype=np.uint16)[:, None, None, None]
    return values


def camera_axes(unit: str | None = "1/nm", step: float = STEP) -> tuple[Axis, Axis]:
    """Return the axes of a pattern."""
    ky, kx = (
        Axis(name=name, size=size, scale=step, unit=unit, offset=-3.0, role="reciprocal")
        for name, size in zip(("ky", "kx"), CAMERA, strict=True)
    )
    return ky, kx


def add_scan(session: Session, values: object = None, unit: str | None = "1/nm") -> Dataset:
    """Add the scan to a session, 5 nm per point."""
    values = patterns() if values is None else values
    axes = (space("y", SCAN[0], 5.0, "nm"), space("x", SCAN[1], 5.0, "nm"), *camera_axes(unit))
    dataset = Dataset(
        name="Scan",
        technique="4D-STEM",
        kind="diffraction",
        axes=axes,
        dtype=str(values.dtype),  # type: ignore[attr-defined]
    )
    session.store.put(dataset.id, values)  # type: ignore[arg-type]
    return session.add_datasets([dataset])[0]


class Watched:
    """A lazy array that notes how many values were read, in pieces of 2 × 3 points."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim
        self.chunks = (2, 3, *values.shape[2:])
        self.read = 0

    def __getitem__(self, key: object) -> np.ndarray:
        found = np.asarray(self.values[key])
        self.read += found.size
        return found

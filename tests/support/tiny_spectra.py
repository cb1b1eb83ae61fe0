"""Sessions on small made-up spectrum images whose answers are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import LandmarkPair

if TYPE_CHECKING:
    from tiepoint.session import Session

KEV = Axis(name="Energy", size=400, scale=0.02, offset=0.0, unit="keV", role="energy")


def space(name: str, size: int, scale: float, unit: str = "µm") -> Axis:
    """An axis of real space."""
    return Axis(name=name, size=size, scale=scale, unit=unit)


def peaks(axis: Axis, lines: dict[float, float], background: float = 2.0) -> np.ndarray:
    """Mean counts of Gaussian peaks (position → counts) 0.12 wide on a flat background."""
    places = axis.offset + axis.scale * np.arange(axis.size)
    found = np.full(axis.size, background)
    for position, counts in lines.items():
        sigma = 0.12 / 2.355
        found += (
            counts
            * axis.scale
            / (sigma * np.sqrt(2 * np.pi))
            * np.exp(-((places - position) ** 2) / (2 * sigma**2))
        )
    return found


def add(session: Session, values: np.ndarray, axes: tuple[Axis, ...], **more: object) -> Dataset:
    """Add made-up values to a session."""
    options = {"name": "EDS", "technique": "EDS", "kind": "spectrum image", **more}
    dataset = Dataset(axes=axes, dtype=str(values.dtype), **options)
    session.store.put(dataset.id, values)
    (added,) = session.add_datasets([dataset])
    return added


def add_eds(session: Session, shape: tuple[int, int] = (40, 50), pixel: float = 0.1) -> Dataset:
    """An EDS image of counts: iron in its left half, calcium in its right."""
    rng = np.random.default_rng(4)
    iron, calcium = (
        peaks(KEV, lines) for lines in ({6.401: 300.0, 7.06: 40.0}, {3.691: 300.0, 4.012: 40.0})
    )
    mean = np.empty((*shape, KEV.size))
    mean[:, : shape[1] // 2], mean[:, shape[1] // 2 :] = iron, calcium
    axes = (space("y", shape[0], pixel), space("x", shape[1], pixel), KEV)
    return add(session, rng.poisson(mean).astype(np.uint16), axes)


def add_volume(session: Session, shape: tuple[int, int, int] = (30, 60, 70)) -> Dataset:
    """A volume of noise, 0.2 µm per voxel."""
    values = np.random.default_rng(5).integers(0, 255, shape, dtype=np.uint8)
    axes = tuple(space(n, s, 0.2) for n, s in zip("zyx", shape, strict=True))
    return add(session, values, axes, name="CT", technique="CT", kind="volume")


def put_into(session: Session, image: Dataset, volume: Dataset, matrix: np.ndarray, offset) -> None:
    """Register an image to a volume by pairs that fit ``matrix (3, 2) @ (y, x) + offset``."""
    span = [axis.size * axis.scale for axis in image.spatial_axes]
    shares = [(0.1, 0.1), (0.1, 0.9), (0.9, 0.1), (0.9, 0.9), (0.5, 0.3), (0.3, 0.6)]
    registration = session.start_registration(image.id, volume.id, "section")
    pairs = []
    for number, share in enumerate(shares, start=1):
        moving = np.array(share) * span
        fixed = matrix @ moving + offset
        pairs.append(
            LandmarkPair(
                name=f"L{number}",
                moving=tuple(map(float, moving)),
                fixed=tuple(map(float, fixed)),
            )
        )
    session.add_pairs(registration.id, pairs)

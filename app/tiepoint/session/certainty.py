"""How sure a clicked place is where the dataset is a table of points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.points import parts_of

if TYPE_CHECKING:
    from tiepoint.data.points import PointTable
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.registration import LandmarkPair, Registration
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

REACH = 3.0
"""Cells of the picture within which a click means the nearest point."""
MOST_POINTS = 1 << 23


def with_certainty(
    session: Session, registration: Registration, pair: LandmarkPair
) -> LandmarkPair:
    """Return the pair with the uncertainty of the points that it was clicked on.

    An end that has a localisation error of its own keeps it, and so does one in an image.
    """
    changes = {}
    for side in ("moving", "fixed"):
        if getattr(pair, f"fle_{side}") is None:
            dataset = session.dataset(getattr(registration, side))
            found = sigma_at(session, dataset, np.asarray(getattr(pair, side), float))
            if found is not None:
                changes[f"fle_{side}"] = tuple(float(v) for v in found)
    return pair.replace(**changes) if changes else pair


def sigma_at(session: Session, dataset: Dataset, position: FloatArray) -> FloatArray | None:
    """Return 1 σ per axis of the point nearest to a place, in the dataset's unit.

    ``None`` where the dataset has no points, the file does not say how certain they are, or none
    lies within three cells.
    """
    if dataset.kind != "points" or dataset.link is None:
        return None
    points = session.store.draft(dataset).points
    if points is None or points.sigma is None or len(points) > MOST_POINTS:
        return None
    reach = REACH * max(abs(axis.scale) for axis in dataset.spatial_axes)
    return _nearest(points, position, reach)


def _nearest(points: PointTable, position: FloatArray, reach: float) -> FloatArray | None:
    best, number, first = reach, -1, 0
    for part in parts_of(points.positions):
        distance = np.linalg.norm(part - position, axis=1)
        place = int(np.argmin(distance))
        if distance[place] <= best:
            best, number = float(distance[place]), first + place
        first += len(part)
    if number < 0 or points.sigma is None:
        return None
    sigma = np.asarray(points.sigma[number : number + 1], float)[0]
    return sigma if np.isfinite(sigma).all() and (sigma > 0).all() else None

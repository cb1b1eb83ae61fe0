"""Sections of the fixed dataset that show the pairs: the moving image's plane, or theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.geometry.planes import Plane
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

LEAST_PAIRS = 3
FLAT = 1e-6


def section_through_pairs(session: Session, registration_id: str) -> Plane:
    """Return the plane of the fixed volume in which the pairs lie.

    With a fit of a moving image it is the image's own plane, turned as the image is; otherwise
    the plane of best fit (least squares) through the fixed positions.

    Raises
    ------
    TiepointError
        If the fixed dataset is no volume, or there are fewer than three pairs off a line.
    """
    registration = session.registration(registration_id)
    fixed = session.dataset(registration.fixed)
    moving = session.dataset(registration.moving)
    if fixed.ndim_space != 3:
        raise TiepointError(f"{fixed.name} is an image: its own plane is shown already.")
    if moving.ndim_space == 2:
        try:
            to_fixed = session.locating.frame_transform(moving.id, fixed.id)
        except TiepointError:
            pass
        else:
            middle = np.append(0.0, bounds(moving).mean(axis=0))
            linear = to_fixed.jacobian(middle[None])[0][:, 1:]
            return _plane(to_fixed(middle[None])[0], linear)
    points = np.array([pair.fixed for pair in registration.pairs if pair.active], float)
    return plane_of_points(points)


def plane_of_points(points_zyx: FloatArray) -> Plane:
    """Return the plane of best fit through points (N, 3), its x and y as near as can be to theirs.

    Raises
    ------
    TiepointError
        If there are fewer than three points or they lie on a line.
    """
    if len(points_zyx) < LEAST_PAIRS:
        raise TiepointError("A section through the pairs needs three of them.")
    middle = points_zyx.mean(axis=0)
    _, sizes, directions = np.linalg.svd(points_zyx - middle)
    if sizes[1] <= FLAT * max(float(sizes[0]), 1e-300):
        raise TiepointError("These pairs lie on a line: add one away from it.")
    normal = directions[2]
    flat = np.eye(3) - np.outer(normal, normal)
    first = 2 if np.linalg.norm(flat[:, 2]) >= np.linalg.norm(flat[:, 1]) else 1
    along = flat[:, first] / np.linalg.norm(flat[:, first])
    across = np.cross(normal, along)
    other = 3 - first
    across *= -1.0 if across[other] < 0 else 1.0
    columns = (across, along) if first == 2 else (along, across)
    return Plane(middle, np.column_stack(columns))


def _plane(origin: FloatArray, linear: FloatArray) -> Plane:
    """Return the plane spanned by two directions (3, 2), the second kept."""
    x = linear[:, 1] / np.linalg.norm(linear[:, 1])
    y = linear[:, 0] - (linear[:, 0] @ x) * x
    return Plane(origin, np.column_stack([y / np.linalg.norm(y), x]))

"""Where datasets lie, in the words of NXtransformations.

NeXus knows rotations and translations of rigid bodies, axes in the order x, y, z
(https://manual.nexusformat.org/classes/base_classes/NXtransformations.html). A registration that
also stretches has no such words: its matrix stands beside, and nothing else that a program could
take for the whole placement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.planes import extend
from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.geometry.transforms import Affine
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import unit_ratio

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.registration import Registration
    from tiepoint.support.arrays import FloatArray

RIGID_WITHIN = 1e-6
_REVERSED = np.eye(3)[::-1]


@dataclass(frozen=True, eq=False)
class Placement:
    """A registration as NeXus tells it.

    Attributes
    ----------
    matrix
        (4, 4) of homogeneous (x, y, z, 1): the moving dataset's own unit to the fixed one's.
    axis, angle_deg
        (3,) unit vector and angle of the rotation; ``None`` where it is not rigid.
    offset
        (3,) translation (x, y, z) in the fixed dataset's unit, after the rotation.
    """

    matrix: FloatArray
    axis: FloatArray | None
    angle_deg: float
    offset: FloatArray


def placement_of(registration: Registration, moving: Dataset, fixed: Dataset) -> Placement | None:
    """Return the placement of the moving dataset; ``None`` for warps and projections."""
    if registration.result is None:
        return None
    try:
        transform = extend(from_rfc5(registration.result.moving_to_fixed))
    except (TiepointError, ValueError):
        return None
    if not isinstance(transform, Affine):
        return None
    linear = _REVERSED @ transform.linear @ _REVERSED
    offset = _REVERSED @ transform.offset
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = linear, offset
    if moving.unit is None or fixed.unit is None:
        return Placement(matrix, None, 0.0, offset)
    rotation = linear / unit_ratio(moving.unit, fixed.unit)
    if not _is_rotation(rotation):
        return Placement(matrix, None, 0.0, offset)
    axis, angle = _axis_and_angle(rotation)
    return Placement(matrix, axis, angle, offset)


def _is_rotation(matrix: FloatArray) -> bool:
    straight = np.allclose(matrix @ matrix.T, np.eye(3), atol=RIGID_WITHIN)
    return bool(straight and np.linalg.det(matrix) > 0)


def _axis_and_angle(rotation: FloatArray) -> tuple[FloatArray, float]:
    from scipy.spatial.transform import Rotation

    vector = Rotation.from_matrix(rotation).as_rotvec()
    angle = float(np.linalg.norm(vector))
    axis = vector / angle if angle > 0 else np.array([0.0, 0.0, 1.0])
    return axis, float(np.degrees(angle))

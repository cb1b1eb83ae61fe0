"""Which frame shows two registered datasets together, and one view seen from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.planes import Plane
from tiepoint.model.project import SectionPlane

if TYPE_CHECKING:
    from tiepoint.model.registration import Registration
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class SeenFrom:
    """A view of one dataset as it looks in another.

    Attributes
    ----------
    position
        (3,) the view's middle in the other dataset's coordinates (z, y, x), own unit.
    scale
        Lengths there over lengths here.
    """

    position: FloatArray
    scale: float


def blend_frame(session: Session, registration: Registration) -> str:
    """Return the dataset in whose plane both ends of a registration can be seen.

    An image in a volume: the image's own plane. Otherwise the fixed dataset's.
    """
    moving = session.dataset(registration.moving)
    fixed = session.dataset(registration.fixed)
    return moving.id if moving.ndim_space < fixed.ndim_space else fixed.id


def seen_from(session: Session, here: str, there: str, position_zyx: FloatArray) -> SeenFrom:
    """Return where the middle of a view lies in another dataset, and how lengths change.

    Raises
    ------
    TiepointError
        If no registration leads there.
    """
    transform = session.locating.frame_transform(here, there)
    place = np.asarray(position_zyx, float)[None]
    linear = transform.jacobian(place)[0]
    scale = abs(float(np.linalg.det(linear))) ** (1 / 3)
    return SeenFrom(np.asarray(transform(place)[0]), scale)


def as_state(plane: Plane) -> SectionPlane:
    """Return a section as the project keeps it."""
    origin, along_y, along_x = (
        (float(z), float(y), float(x))
        for z, y, x in (plane.origin_zyx, plane.basis[:, 0], plane.basis[:, 1])
    )
    return SectionPlane(origin=origin, along_y=along_y, along_x=along_x)


def as_plane(state: SectionPlane) -> Plane:
    """Return a section that the project keeps."""
    return Plane(np.array(state.origin), np.column_stack([state.along_y, state.along_x]))

"""Planes in a frame, and what a transform between images means off their planes.

To draw any dataset in any plane, every frame is given three dimensions (z, y, x): an image lies
at z = 0 and its normal is the z axis. A transform between two planes, or from a plane into a
volume, extends along the normals with the in-plane scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in a frame's three-dimensional coordinates.

    Attributes
    ----------
    origin_zyx
        (3,) the point with plane coordinates (0, 0), in the frame's unit.
    basis
        (3, 2) unit vectors of the plane's y and x directions as columns, axis order (z, y, x).
    """

    origin_zyx: FloatArray
    basis: FloatArray

    @classmethod
    def at(
        cls,
        depth: float = 0.0,
        tilt_deg: tuple[float, float] = (0.0, 0.0),
        pivot_yx: tuple[float, float] = (0.0, 0.0),
    ) -> Plane:
        """Return the plane z = `depth`, turned about the y and x directions through a pivot.

        Parameters
        ----------
        depth
            Position along the frame's z axis, in its unit.
        tilt_deg
            Right-handed rotation about the in-plane y axis, then about the x axis, degrees.
        pivot_yx
            Plane coordinates of the point that stays where it is.
        """
        basis = _turn(tilt_deg)[:, 1:]
        pivot = np.array([depth, *pivot_yx], float)
        return cls(pivot - basis @ np.asarray(pivot_yx, float), basis)

    @property
    def plane_to_frame(self) -> Affine:
        """Map plane coordinates (y, x) to the frame's (z, y, x)."""
        return Affine(self.basis, self.origin_zyx)

    @property
    def normal_zyx(self) -> FloatArray:
        """(3,) unit normal, on the side of the frame's z axis for an untilted plane."""
        return np.asarray(np.cross(self.basis[:, 0], self.basis[:, 1]))

    @property
    def tilt_azimuth_deg(self) -> tuple[float, float]:
        """Tilt of the normal from the frame's z axis (0–180°) and the direction it leans to.

        The azimuth, -180–180°, is 0° towards +x and 90° towards +y; 0 for an untilted plane.
        """
        z, y, x = (float(part) for part in self.normal_zyx)
        aside = float(np.hypot(y, x))
        tilt = float(np.degrees(np.arctan2(aside, z)))
        return tilt, (float(np.degrees(np.arctan2(y, x))) if aside > 1e-12 else 0.0)

    @property
    def depth(self) -> float:
        """Distance of the plane from the frame's zero along its normal, in the frame's unit."""
        return float(self.origin_zyx @ self.normal_zyx)

    def moved(self, distance: float) -> Plane:
        """Return the plane moved along its normal, in the frame's unit."""
        return Plane(self.origin_zyx + distance * self.normal_zyx, self.basis)

    def turned(self, tilt_deg: tuple[float, float], pivot_yx: FloatArray) -> Plane:
        """Return the plane turned about its own directions.

        Parameters
        ----------
        tilt_deg
            Right-handed rotation about the plane's y direction, then about its x, degrees.
        pivot_yx
            (2,) plane coordinates of the point that stays where it is.
        """
        own = np.column_stack([self.normal_zyx, self.basis])
        basis = own @ _turn(tilt_deg)[:, 1:]
        pivot = self.origin_zyx + self.basis @ np.asarray(pivot_yx, float)
        return Plane(pivot - basis @ np.asarray(pivot_yx, float), basis)

    def leaned(self, tilt_azimuth_deg: tuple[float, float], pivot_yx: FloatArray) -> Plane:
        """Return the plane turned the shortest way so that its normal leans as asked.

        Parameters
        ----------
        tilt_azimuth_deg
            As `tilt_azimuth_deg` then says.
        pivot_yx
            (2,) plane coordinates of the point that stays where it is.
        """
        tilt, azimuth = np.radians(tilt_azimuth_deg)
        aside = np.sin(tilt) * np.array([np.sin(azimuth), np.cos(azimuth)])
        basis = _shortest_turn(self.normal_zyx, np.array([np.cos(tilt), *aside])) @ self.basis
        pivot = self.origin_zyx + self.basis @ np.asarray(pivot_yx, float)
        return Plane(pivot - basis @ np.asarray(pivot_yx, float), basis)

    def distance(self, points_zyx: FloatArray) -> FloatArray:
        """Signed distance (N,) of points (N, 3) from the plane along its normal."""
        return np.asarray((np.asarray(points_zyx, float) - self.origin_zyx) @ self.normal_zyx)


def _shortest_turn(start: FloatArray, end: FloatArray) -> FloatArray:
    """(3, 3) rotation of one unit vector into another (Rodrigues); half a turn about x."""
    cosine = float(start @ end)
    if cosine < -1 + 1e-12:
        axis = np.cross(start, [0.0, 1.0, 0.0])
        axis /= np.linalg.norm(axis)
        return np.asarray(2 * np.outer(axis, axis) - np.eye(3))
    z, y, x = np.cross(start, end)
    across = np.array([[0, -x, y], [x, 0, -z], [-y, z, 0]])
    return np.asarray(np.eye(3) + across + across @ across / (1 + cosine))


def _turn(tilt_deg: tuple[float, float]) -> FloatArray:
    """(3, 3) rotation about y, then about x, in axis order (z, y, x)."""
    about_y, about_x = np.radians(tilt_deg)
    cy, sy, cx, sx = np.cos(about_y), np.sin(about_y), np.cos(about_x), np.sin(about_x)
    turn_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turn_x = np.array([[cx, sx, 0], [-sx, cx, 0], [0, 0, 1]])
    return np.asarray(turn_x @ turn_y)


@dataclass(frozen=True, eq=False)
class InPlane(Transform):
    """A transform between two planes, extended along their normals with its in-plane scale."""

    flat: Transform

    @property
    def n_in(self) -> int:
        """Dimension of the input space."""
        return 3

    @property
    def n_out(self) -> int:
        """Dimension of the output space."""
        return 3

    def __call__(self, points: FloatArray) -> FloatArray:
        """Map points (N, 3) to (N, 3); the distance from the plane scales with the plane."""
        points = np.asarray(points, float)
        scale = self._scale(points[:, 1:])
        return np.column_stack([points[:, 0] * scale, self.flat(points[:, 1:])])

    def jacobian(self, points: FloatArray) -> FloatArray:
        """Return the linear part (N, 3, 3), the change of scale across the plane left out."""
        points = np.asarray(points, float)
        result = np.zeros((len(points), 3, 3))
        result[:, 1:, 1:] = self.flat.jacobian(points[:, 1:])
        result[:, 0, 0] = self._scale(points[:, 1:])
        return result

    def inverse(self) -> InPlane:
        """Return the inverse."""
        return InPlane(self.flat.inverse())

    def _scale(self, points_yx: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(np.abs(np.linalg.det(self.flat.jacobian(points_yx)))))


def extend(transform: Transform) -> Transform:
    """Return `transform` between three-dimensional frames.

    Parameters
    ----------
    transform
        2D to 2D, 2D to 3D (a section) or 3D to 3D.

    Raises
    ------
    ValueError
        For a projection (3D to 2D): an image taken through a volume is not a plane in it.
    """
    dimensions = (transform.n_in, transform.n_out)
    if dimensions == (3, 3):
        return transform
    if dimensions == (2, 2) and not isinstance(transform, Affine):
        return InPlane(transform)
    if not isinstance(transform, Affine) or dimensions == (3, 2):
        raise ValueError("a projection through a volume is not a plane in it")
    linear = transform.linear
    if dimensions == (2, 2):
        scale = np.sqrt(abs(np.linalg.det(linear)))
        full = np.zeros((3, 3))
        full[0, 0], full[1:, 1:] = scale, linear
        return Affine(full, np.concatenate([[0.0], transform.offset]))
    normal = np.cross(linear[:, 0], linear[:, 1])
    normal /= np.sqrt(np.linalg.norm(normal))
    return Affine(np.column_stack([normal, linear]), transform.offset)


def viewing_lines(projection: Affine) -> Affine:
    """Return where the viewing line through each point of an image lies in the volume it shows.

    Parameters
    ----------
    projection
        Volume (z, y, x) to image (y, x), without perspective.

    Returns
    -------
    Affine
        (depth, y, x) to volume (z, y, x): depth is a distance along the viewing line in the
        image's unit, growing away from the eye; its zero has no meaning of its own.

    Raises
    ------
    ValueError
        If the map is no projection of a volume, or shows it edge on.
    """
    if (projection.n_in, projection.n_out) != (3, 2):
        raise ValueError("only a projection of a volume has viewing lines")
    rows = projection.linear
    along = np.cross(rows[0], rows[1])
    area = float(np.linalg.norm(along))
    if not area > 1e-12 * float((rows**2).sum()):
        raise ValueError("this projection shows the volume edge on")
    back = np.linalg.pinv(rows)
    line = along / area / np.sqrt(area)
    return Affine(np.column_stack([line, back]), -back @ projection.offset)

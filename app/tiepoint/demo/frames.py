"""Where every instrument looks: the true transforms between datasets and the sample.

The sample's coordinates are those of the first CT scan: (z, y, x) in µm, voxel centre 0 at 0.
Directions are unit vectors in the order (z, y, x) too.

End face
    The wire's cut end, normal `normal` (out of the metal), with `right` and `front` in the
    plane. The light microscope looks straight at it.
FIB face
    The wall that the FIB milled perpendicular to the end face: it contains `right` and the
    normal and looks towards `front`. The lamella is the material right behind it.
FIB-SEM
    The stage is tilted by 52° about `right`, which is the image's x axis. Lengths along `front`
    on the end face appear shorter by cos 52° = 0.6157; depths on the FIB face by
    sin 52° = 0.7880. The image is not tilt-corrected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.noise import stream
from tiepoint.demo.sizes import CT_FIELD_UM, NANO_FIELD_UM, Sizes, image_shape
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

SEM_TILT_DEG = 52.0
WIRE_RADIUS_UM = 40.0
LAMELLA_UM = (8.0, 12.0)
"""Depth and width of the lamella."""
LAMELLA_THICKNESS_UM = 0.1
SCAN_MINUTES = (0, 20, 45)
SCANS = ("ct_000min", "ct_020min", "ct_045min")
NANO = "nano_ct"
"""The scan of the lift-out site at another instrument, before the FIB."""
VOLUMES = (*SCANS, NANO)
AXIS_YX_UM = (CT_FIELD_UM / 2 - 0.25, CT_FIELD_UM / 2 - 0.25)
"""Where the wire's axis lies in the first scan."""


def cross_zyx(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the right-handed cross product of vectors in the order (z, y, x)."""
    return np.cross(b, a)


@dataclass(frozen=True, eq=False)
class Face:
    """The wire's end face and the lift-out site on it.

    Attributes
    ----------
    origin
        (3,) the point of the wire's axis on the face.
    normal, right, front
        (3,) unit vectors; ``front × right = normal``.
    site
        (right, front) of the middle of the lamella's upper edge, in µm from `origin`.
    """

    origin: FloatArray
    normal: FloatArray
    right: FloatArray
    front: FloatArray
    site: tuple[float, float]

    def at(self, right: float, front: float, depth: float = 0.0) -> FloatArray:
        """Return the point (3,) at face coordinates in µm; `depth` goes into the metal."""
        return self.origin + right * self.right + front * self.front - depth * self.normal

    @property
    def site_origin(self) -> FloatArray:
        """(3,) the middle of the lamella's upper edge."""
        return self.at(*self.site)

    @property
    def lamella_centre(self) -> FloatArray:
        """(3,) the centre of the lamella."""
        return self.at(*self.site, LAMELLA_UM[0] / 2)

    def on_wall(self, right: float, depth: float) -> FloatArray:
        """Return a point (3,) of the FIB face, µm from the middle of the upper edge."""
        return self.at(self.site[0] + right, self.site[1], depth)


def make_face(seed: int) -> Face:
    """Draw the obliquely cut end face and the place of the lift-out, near the wire's flank."""
    rng = stream(seed, "face")
    polar, azimuth = np.radians([rng.uniform(9.0, 15.0), rng.uniform(0, 360)])
    normal = np.array(
        [-np.cos(polar), np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth)]
    )
    turn = np.radians(rng.uniform(0, 360))
    rough = np.array([0.0, np.sin(turn), np.cos(turn)])
    right = rough - (rough @ normal) * normal
    right /= np.linalg.norm(right)
    front = cross_zyx(normal, right)
    origin = np.array([rng.uniform(14.5, 16.0), *AXIS_YX_UM])
    # How far the face reaches to the right: it is an ellipse, longer along its slope.
    across = float(np.linalg.norm(right[1:]))
    site = (WIRE_RADIUS_UM / across - 5.4, rng.uniform(-3.0, 3.0))
    return Face(origin, normal, right, front, site)


@dataclass(frozen=True, eq=False)
class Frames:
    """The true transforms, named by direction; "sample" is the first scan in µm.

    Attributes
    ----------
    sample_to_ct
        Per scan, rigid, µm.
    sample_to_nano
        From µm to nm; turned as the sample was remounted.
    sample_to_sem
        Parallel projection (2 × 3), nm.
    sem_to_wall, sem_to_end_face
        The point of the sample that a point of the SEM image shows on each of the two faces.
    stem_to_sample, light_to_sample
        The planes of the lamella and of the overview, from nm and from µm.
    """

    face: Face
    sample_to_ct: tuple[Affine, ...]
    sample_to_nano: Affine
    sample_to_sem: Affine
    sem_to_wall: Affine
    sem_to_end_face: Affine
    stem_to_sample: Affine
    light_to_sample: Affine


def make_frames(seed: int, sizes: Sizes) -> Frames:
    """Draw every pose: drift between scans, lamella on its grid, overview on its stage."""
    face = make_face(seed)
    rng = stream(seed, "poses")
    scans = tuple(_drift(rng, index) for index in range(len(SCAN_MINUTES)))
    to_sem = _sem_projection(face, sizes)
    wall = _plane_seen(to_sem, face.site_origin, -face.normal, face.right)
    end = _plane_seen(to_sem, face.origin, face.front, face.right)
    stem = _image_plane(
        centre=face.lamella_centre,
        down=-face.normal,
        right=face.right,
        turn_deg=rng.uniform(2.0, 6.0) * rng.choice([-1, 1]),
        um_per_unit=1e-3 * (1 + rng.uniform(-0.012, 0.012)),
        middle=_middle(sizes.haadf, sizes.haadf_pixel_nm),
    )
    light = _image_plane(
        centre=face.at(rng.uniform(-14, 14), rng.uniform(-10, 10)),
        down=face.front,
        right=face.right,
        turn_deg=rng.uniform(3.0, 9.0) * rng.choice([-1, 1]),
        um_per_unit=1 + rng.uniform(0.006, 0.018) * rng.choice([-1, 1]),
        middle=_middle(sizes.light, sizes.light_pixel_um),
    )
    return Frames(face, scans, _nano(seed, face), to_sem, wall, end, stem, light)


def _middle(width: int, pixel: float) -> FloatArray:
    """Position (y, x) of the middle of a 4:3 image whose first pixel is centred on 0."""
    height, width = image_shape(width)
    return pixel * (np.array([height, width]) - 1) / 2


def _drift(rng: np.random.Generator, index: int) -> Affine:
    """Return how a scan sees the sample: turned and shifted a little, except the first."""
    from scipy.spatial.transform import Rotation

    if index == 0:
        return Affine.identity(3)
    turn = Rotation.from_rotvec(np.radians(rng.uniform(-0.8, 0.8, 3)))
    linear = turn.as_matrix()
    centre = np.full(3, CT_FIELD_UM / 2)
    shift = rng.uniform(-1.8, 1.8, 3)
    return Affine(linear, centre - linear @ centre + shift)


def _nano(seed: int, face: Face) -> Affine:
    """Return how the nano-CT sees the sample: turned anyhow, the lamella about in the middle."""
    from scipy.spatial.transform import Rotation

    rng = stream(seed, "nano pose")
    axis = rng.normal(size=3)
    angle = np.radians(rng.uniform(20.0, 40.0))
    turn = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis)).as_matrix()
    middle = np.full(3, NANO_FIELD_UM / 2) + rng.uniform(-1.2, 1.2, 3)
    return Affine(1e3 * turn, 1e3 * (middle - turn @ face.lamella_centre))


def _sem_projection(face: Face, sizes: Sizes) -> Affine:
    tilt = np.radians(SEM_TILT_DEG)
    down = np.cos(tilt) * face.front - np.sin(tilt) * face.normal
    linear = 1e3 * np.stack([down, face.right])
    aim = face.at(1.0, 0.0, 9.0)
    return Affine(linear, _middle(sizes.sem, sizes.sem_pixel_nm) - linear @ aim)


def _plane_seen(
    projection: Affine, origin: FloatArray, down: FloatArray, right: FloatArray
) -> Affine:
    """Return the map from image points back to the plane that they were projected from."""
    plane = Affine(np.stack([down, right], axis=1), origin)
    return plane.after(projection.after(plane).inverse())


def _image_plane(
    centre: FloatArray,
    down: FloatArray,
    right: FloatArray,
    turn_deg: float,
    um_per_unit: float,
    middle: FloatArray,
) -> Affine:
    """Return image (y, x) → sample: a similarity into a plane, `middle` going to `centre`."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    x_axis = cos * right + sin * down
    y_axis = cos * down - sin * right
    linear = um_per_unit * np.stack([y_axis, x_axis], axis=1)
    return Affine(linear, centre - linear @ middle)

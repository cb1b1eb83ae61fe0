"""What surface each pixel of the FIB-SEM image shows, and how far from the lens it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import AXIS_YX_UM, SEM_TILT_DEG, WIRE_RADIUS_UM
from tiepoint.demo.sample import grid_points
from tiepoint.demo.sizes import image_shape
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray

TRENCH_HALF_WIDTH_UM, TRENCH_LENGTH_UM, TRENCH_DEPTH_UM = 8.2, 15.0, 11.5
STRAP_UM = (13.0, 1.7, 0.7)
"""Carbon strap over the lamella: width, length behind the wall, height."""
BEHIND_UM = 0.05
"""A surface shows the material this far behind it."""
_MARCH_STEP_UM = 0.06
_TAN = float(np.tan(np.radians(SEM_TILT_DEG)))


@dataclass(frozen=True, eq=False)
class Scene:
    """Per-pixel geometry of the image, all (height, width).

    Attributes
    ----------
    right, front, depth
        Face coordinates in µm of the point that a pixel shows.
    distance
        Distance from the end face's plane away from the lens, along the beam, µm.
    wire
        Whether the wire is seen at all, else the stub far below.
    end_face, wall, flank, cut
        Which surface: the end face, the FIB face, the wire's flank, or the inside of a mark or
        of the trench.
    strap
        Whether it is the strap.
    crack
        How open (0–1) a crack in the flank is.
    """

    right: AnyArray
    front: AnyArray
    depth: AnyArray
    distance: AnyArray
    wire: AnyArray
    end_face: AnyArray
    wall: AnyArray
    flank: AnyArray
    cut: AnyArray
    strap: AnyArray
    crack: AnyArray


def index_to_surface(twin: Twin, surface: str) -> Affine:
    """Return SEM pixel index (y, x) → the sample just behind ``end_face`` or ``fib_face``."""
    face = twin.frames.face
    pixel = np.full(2, twin.sizes.sem_pixel_nm)
    if surface == "fib_face":
        plane, behind = twin.frames.sem_to_wall, -BEHIND_UM * face.front
    else:
        plane, behind = twin.frames.sem_to_end_face, -BEHIND_UM * face.normal
    seen = plane.after(Affine.scaling(pixel, np.zeros(2)))
    return Affine(seen.linear, seen.offset + behind)


def scene(twin: Twin) -> Scene:
    """Follow the beam of every pixel to the first surface it meets."""
    face = twin.frames.face
    shape = image_shape(twin.sizes.sem)
    points = grid_points(index_to_surface(twin, "end_face"), shape)
    offset = points - face.origin.astype(np.float32)
    right, front = (offset @ axis.astype(np.float32) for axis in (face.right, face.front))
    minutes = float(twin.minutes("sem"))
    inside = twin.sample.layer(points, minutes).wire > 0
    depth = np.zeros(shape, np.float32)

    relief = inside & (np.abs(_height(twin, right, front)) + _near_relief(twin, right, front) > 0)
    depth[relief] = _march(twin, right[relief], front[relief])
    flank = ~inside & (front > -WIRE_RADIUS_UM)
    depth[flank] = _flank_depth(twin, points[flank], minutes)
    flank &= np.isfinite(depth)
    crack = np.zeros(shape, np.float32)
    step = (-face.normal - _TAN * face.front).astype(np.float32)
    here = points[flank] + (depth[flank, None] + 0.3) * step
    crack[flank] = np.clip(2 * twin.sample.corrosion.layer(here, minutes).crack + 0.5, 0, 1)
    missed = ~inside & ~flank
    depth[missed] = 60.0
    front_hit = front - depth * _TAN
    site_front = face.site[1]
    wall = relief & (front_hit < site_front + 0.06) & (depth > 0.02)
    wall &= front_hit > site_front - 0.2
    strap = relief & (depth <= 0) & (_strap(twin, right, front_hit) > 0)
    cut = relief & ~wall & ~strap & (depth > 0.05)
    return Scene(
        right=right,
        front=front_hit,
        depth=depth,
        distance=depth / np.cos(np.radians(SEM_TILT_DEG)),
        wire=~missed,
        end_face=inside & ~wall & ~strap & ~cut,
        wall=wall,
        flank=flank,
        cut=cut,
        strap=strap,
        crack=crack,
    )


def _strap(twin: Twin, right: AnyArray, front: AnyArray) -> AnyArray:
    """Return the strap's height (…) in µm at face coordinates."""
    site_right, site_front = twin.frames.face.site
    width, length, height = STRAP_UM
    across = np.minimum(width / 2 - np.abs(right - site_right), front - site_front + length)
    rounded = np.clip(across / 0.35, 0, 1) ** 0.5
    return np.asarray(height * rounded * (front <= site_front))


def _trench(twin: Twin, right: AnyArray, front: AnyArray) -> AnyArray:
    """Return the trench's depth (…) in µm at face coordinates: steep wall, rising floor."""
    site_right, site_front = twin.frames.face.site
    along = (front - site_front) / TRENCH_LENGTH_UM
    floor = TRENCH_DEPTH_UM * (1 - along)
    sides = np.clip((TRENCH_HALF_WIDTH_UM - np.abs(right - site_right)) / 0.25, 0, 1)
    return np.asarray(np.where((along > 0) & (along < 1), floor * sides, 0.0))


def _height(twin: Twin, right: AnyArray, front: AnyArray) -> AnyArray:
    """Return the height (…) of the surface above the end face, µm; the strap is positive."""
    cut = _trench(twin, right, front)
    for mark in twin.sample.marks:
        size = mark.reach + mark.width
        near = (np.abs(right - mark.right) < size) & (np.abs(front - mark.front) < size)
        cut[near] = np.maximum(cut[near], mark.cut_depth(right[near], front[near]))
    return np.where(cut > 0, -cut, _strap(twin, right, front)).astype(np.float32)


def _near_relief(twin: Twin, right: AnyArray, front: AnyArray) -> AnyArray:
    """Return 1 where a beam could meet the strap on its way to the flat end face, else 0."""
    site_right, site_front = twin.frames.face.site
    ahead = (front > site_front - STRAP_UM[1] - 0.1) & (front < site_front + 1.2)
    return (np.abs(right - site_right) < STRAP_UM[0]) & ahead


def _march(twin: Twin, right: AnyArray, front: AnyArray) -> AnyArray:
    """Return the depth (n,) at which beams aimed at (right, front) meet the surface."""
    depth = np.full(right.shape, -STRAP_UM[2] - 0.05, np.float32)
    alive = np.arange(len(right))
    while len(alive):
        ahead = depth[alive]
        height = _height(twin, right[alive], front[alive] - ahead * _TAN)
        alive = alive[height < -ahead]
        depth[alive] += _MARCH_STEP_UM
        alive = alive[depth[alive] < TRENCH_DEPTH_UM + 2]
    # A flat surface is met at depth 0 exactly.
    depth[np.abs(depth) < _MARCH_STEP_UM] = 0
    return depth


def _flank_depth(twin: Twin, points: AnyArray, minutes: float) -> AnyArray:
    """Return the depth (n,) below the end face at which beams meet the flank; NaN if never."""
    face = twin.frames.face
    step = -(face.normal + _TAN * face.front)  # sample displacement per µm of depth
    start = (points[:, 1:] - AXIS_YX_UM).astype(float)
    a = step[1:] @ step[1:]
    b = start @ step[1:]
    outer = WIRE_RADIUS_UM + 1.0
    c = (start**2).sum(axis=1) - outer**2
    with np.errstate(invalid="ignore"):
        depth = (-b - np.sqrt(b * b - a * c)) / a
    hit = np.nonzero(np.isfinite(depth) & (depth > -4))[0]
    for _ in range(4):
        here = points[hit] + depth[hit, None] * step
        depth[hit] -= 0.7 * twin.sample.layer(here.astype(np.float32), minutes).wire
    found = np.full(len(points), np.nan, np.float32)
    found[hit] = np.maximum(depth[hit], 0.02)
    return found

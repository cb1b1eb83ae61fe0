"""The ordinary precipitates, hydrides and pores between the landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import AXIS_YX_UM, LAMELLA_UM, WIRE_RADIUS_UM, Face
from tiepoint.demo.noise import stream
from tiepoint.demo.particles import Particles, random_rotations, rotations_along
from tiepoint.demo.phases import Phase
from tiepoint.demo.sizes import CT_FIELD_UM

if TYPE_CHECKING:
    from tiepoint.demo.grains import Grains
    from tiepoint.demo.landmarks import Features
    from tiepoint.support.arrays import FloatArray

ON_BOUNDARIES, IN_GRAINS, HYDRIDES, PORES = 11000, 2600, 2200, 110
FINE_ON_BOUNDARIES, FINE_HYDRIDES = 420, 90
_FINE_SLAB_UM = 0.35


def populate(seed: int, face: Face, grains: Grains, features: Features) -> Particles:
    """Fill the wire; keep clear of the landmarks, which come last."""
    rng = stream(seed, "population")
    films = _on_boundaries(rng, grains, _in_wire(rng, ON_BOUNDARIES), (0.68, 0.34), 0.27)
    inside = _scattered(rng, _in_wire(rng, IN_GRAINS), Phase.GD_RICH, 0.3, 0.3)
    hydrides = _scattered(rng, _in_wire(rng, HYDRIDES), Phase.HYDRIDE, 0.3, 0.3)
    pores = _scattered(rng, _in_wire(rng, PORES), Phase.PORE, 0.75, 0.35)
    ordinary = films.joined(inside).joined(hydrides).joined(pores)
    above = (ordinary.centres - face.origin) @ face.normal
    ordinary = ordinary.select(above < ordinary.reach)
    return _clear_of(ordinary, features, gap_um=0.45).joined(features.bodies)


def fine_precipitates(seed: int, face: Face, grains: Grains, features: Features) -> Particles:
    """Fill a thin slab around the lamella with what only the electron microscopes resolve."""
    rng = stream(seed, "fine")
    films = _on_boundaries(rng, grains, _in_slab(rng, face, 4000), (0.14, 0.4), 0.4)
    off = np.abs((films.centres - face.lamella_centre) @ face.front)
    films = _apart(films.select(np.nonzero(off < _FINE_SLAB_UM)[0][:FINE_ON_BOUNDARIES]))
    hydrides = _scattered(rng, _in_slab(rng, face, FINE_HYDRIDES), Phase.HYDRIDE, 0.06, 0.35)
    return _clear_of(films.joined(hydrides), features, gap_um=0.05)


def _in_wire(rng: np.random.Generator, count: int) -> FloatArray:
    radius = (WIRE_RADIUS_UM + 1) * np.sqrt(rng.uniform(0, 1, count))
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack(
        [
            rng.uniform(0, CT_FIELD_UM + 2, count),
            AXIS_YX_UM[0] + radius * np.sin(angle),
            AXIS_YX_UM[1] + radius * np.cos(angle),
        ],
        axis=1,
    )


def _in_slab(rng: np.random.Generator, face: Face, count: int) -> FloatArray:
    right = rng.uniform(-LAMELLA_UM[1] / 2 - 1, LAMELLA_UM[1] / 2 + 1, count)
    depth = rng.uniform(0, LAMELLA_UM[0] + 1, count)
    off = rng.uniform(-_FINE_SLAB_UM, _FINE_SLAB_UM, count)
    return (
        face.site_origin
        + right[:, None] * face.right
        - depth[:, None] * face.normal
        + off[:, None] * face.front
    )


def _on_boundaries(
    rng: np.random.Generator,
    grains: Grains,
    points: FloatArray,
    size: tuple[float, float],
    flatness: float,
) -> Particles:
    """Return lens-shaped precipitates lying in grain boundaries; `size` is (median, log σ)."""
    centres, normals = grains.onto_boundary(points)
    across = size[0] * np.exp(size[1] * rng.normal(size=(len(points), 1)))
    shape = np.array([1.0, 1.0, flatness]) * rng.uniform(0.7, 1.3, (len(points), 3))
    phases = np.full(len(points), Phase.GD_RICH)
    return Particles(centres, across * shape, rotations_along(rng, normals), phases)


def _scattered(
    rng: np.random.Generator, points: FloatArray, phase: Phase, median: float, spread: float
) -> Particles:
    """Return bodies of random orientation and log-normal size (half axis in µm)."""
    count = len(points)
    size = median * np.exp(spread * rng.normal(size=(count, 1)))
    shape = rng.uniform(0.75, 1.25, (count, 3))
    return Particles(points, size * shape, random_rotations(rng, count), np.full(count, phase))


def _apart(particles: Particles) -> Particles:
    """Drop one of any two bodies that touch."""
    from scipy.spatial import cKDTree

    size = particles.half_axes.max(axis=1)
    pairs = cKDTree(particles.centres).query_pairs(2 * size.max(), output_type="ndarray")
    apart = np.linalg.norm(np.diff(particles.centres[pairs], axis=1)[:, 0], axis=1)
    touching = pairs[apart < 0.8 * size[pairs].sum(axis=1)]
    return particles.select(np.setdiff1d(np.arange(len(particles)), touching.max(axis=1)))


def _clear_of(particles: Particles, features: Features, gap_um: float) -> Particles:
    """Drop the bodies that would touch a landmark's."""
    from scipy.spatial import cKDTree

    bodies = features.bodies
    tree = cKDTree(bodies.centres)
    keep = np.ones(len(particles), bool)
    distance, nearest = tree.query(particles.centres, k=3)
    for column in range(3):
        need = particles.half_axes.max(axis=1) + bodies.half_axes.max(axis=1)[nearest[:, column]]
        keep &= distance[:, column] > need + gap_um
    return particles.select(keep)

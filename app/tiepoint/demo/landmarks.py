"""The points that a person can recognise in more than one dataset, and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import AXIS_YX_UM, LAMELLA_UM, SCANS, VOLUMES, Face
from tiepoint.demo.noise import stream
from tiepoint.demo.particles import Particles, random_rotations
from tiepoint.demo.phases import Phase

if TYPE_CHECKING:
    from tiepoint.demo.corrosion import Corrosion
    from tiepoint.demo.grains import Grains
    from tiepoint.demo.marks import Mark
    from tiepoint.support.arrays import FloatArray

_SURFACE = frozenset({*SCANS, "sem", "light"})
_FINE = frozenset({*SCANS, "sem"})
_LAMELLA = frozenset({*VOLUMES, "sem", "stem"})
_SITE = frozenset(VOLUMES)
_BULK = frozenset(SCANS)


@dataclass(frozen=True, eq=False)
class Landmark:
    """A recognisable point.

    Attributes
    ----------
    name
        L: laser mark, F: FIB mark, S: pit in the end face, P: feature on the lamella,
        B: feature inside the wire, N: feature around the lamella.
    kind
        What it is, in words.
    position_zyx_um
        (3,) in the sample's coordinates (the first CT scan).
    seen_in
        Datasets in which it can be recognised.
    """

    name: str
    kind: str
    position_zyx_um: FloatArray
    seen_in: frozenset[str]


@dataclass(frozen=True, eq=False)
class Features:
    """The landmarks with the bodies that make them visible.

    Attributes
    ----------
    landmarks
        All of them.
    bodies
        Precipitates and pores at the landmarks, and the hydride at the target.
    target
        (3,) the spot on the lamella to find: a hydride too small for the CT.
    """

    landmarks: tuple[Landmark, ...]
    bodies: Particles
    target: FloatArray


def make_features(
    seed: int, face: Face, grains: Grains, corrosion: Corrosion, marks: tuple[Mark, ...]
) -> Features:
    """Place every landmark and the target."""
    rng = stream(seed, "landmarks")
    lamella = _on_lamella(rng, face, grains, corrosion)
    target = _target(rng, face, grains, lamella)
    pits = _pits(rng, face, marks)
    bulk = _in_bulk(rng, face)
    near = _around_lamella(stream(seed, "site"), face, corrosion, lamella)
    spots = [
        *(_spot("P", n, p, Phase.PORE if n == 5 else Phase.GD_RICH) for n, p in _count(lamella)),
        *(_spot("S", n, p, Phase.PORE) for n, p in _count(pits)),
        *(_spot("B", n, p, Phase.PORE if n % 4 == 0 else Phase.GD_RICH) for n, p in _count(bulk)),
        *(_spot("N", n, p, Phase.PORE if n == 3 else Phase.GD_RICH) for n, p in _count(near)),
    ]
    cut = [
        Landmark(
            mark.name,
            "laser mark" if mark.laser else "FIB mark",
            face.at(mark.right, mark.front),
            _SURFACE if mark.laser else _FINE,
        )
        for mark in marks
    ]
    landmarks = tuple(landmark for landmark, _ in spots)
    phases = np.array([*(phase for _, phase in spots), Phase.HYDRIDE])
    sizes = np.array([_half_axes(rng, landmark.name) for landmark in landmarks])
    bodies = Particles(
        np.array([*(landmark.position_zyx_um for landmark in landmarks), target]),
        np.vstack([sizes, [[0.2, 0.2, 0.2]]]),
        random_rotations(rng, len(phases)),
        phases,
    )
    return Features((*cut, *landmarks), bodies, target)


def _count(points: FloatArray) -> list[tuple[int, FloatArray]]:
    return list(enumerate(points, 1))


def _spot(letter: str, number: int, position: FloatArray, phase: Phase) -> tuple[Landmark, Phase]:
    seen_in = {"P": _LAMELLA, "S": _SURFACE, "B": _BULK, "N": _SITE}[letter]
    kind = "pore" if phase == Phase.PORE else "Gd-rich precipitate"
    return Landmark(f"{letter}{number}", kind, position, seen_in), phase


def _half_axes(rng: np.random.Generator, name: str) -> FloatArray:
    """Return the half axes (3,) in µm of a landmark's body: about a CT voxel or more."""
    mean, spread = {"P": (0.68, 0.28), "S": (1.7, 0.15), "B": (1.25, 0.2), "N": (0.9, 0.2)}[name[0]]
    return mean * rng.uniform(1 - spread, 1 + spread, 3)


def _on_lamella(
    rng: np.random.Generator, face: Face, grains: Grains, corrosion: Corrosion
) -> FloatArray:
    """Return (8, 3): one point in each cell of a 4 × 2 grid, on grain junctions in the metal."""
    edges_right = np.linspace(-5.1, 5.1, 5)
    edges_depth = np.array([0.9, LAMELLA_UM[0] / 2, LAMELLA_UM[0] - 0.9])
    found: list[FloatArray] = []
    for row in range(2):
        for column in range(4):
            right = rng.uniform(edges_right[column] + 0.4, edges_right[column + 1] - 0.4, 160)
            depth = rng.uniform(edges_depth[row], edges_depth[row + 1] - 0.3, 160)
            points = np.array([face.on_wall(r, d) for r, d in zip(right, depth, strict=True)])
            inside = corrosion.layer(points, 45.0).wire > 0.9
            near = _clearance(points, found)
            badness = grains.junction_distance(points) + 20 * (~inside) + 9 * (near < 2.3)
            found.append(points[np.argmin(badness)])
    return np.array(found)


def _clearance(points: FloatArray, others: list[FloatArray]) -> FloatArray:
    """Return the distance (N,) of points to the nearest of the others."""
    if not others:
        return np.full(len(points), np.inf)
    apart = points[:, None] - np.array(others)[None]
    return np.asarray(np.linalg.norm(apart, axis=2).min(axis=1))


def _target(
    rng: np.random.Generator, face: Face, grains: Grains, lamella: FloatArray
) -> FloatArray:
    """Return a point (3,) on a grain boundary amid the landmarks of the lamella."""
    from scipy.spatial import Delaunay

    right, depth = rng.uniform(-3.2, 1.6, 300), rng.uniform(2.6, 5.4, 300)
    points = np.array([face.on_wall(r, d) for r, d in zip(right, depth, strict=True)])
    onto_wall = np.stack([face.right, face.normal], axis=1)
    outside = Delaunay(lamella @ onto_wall).find_simplex(points @ onto_wall) < 0
    clearance = _clearance(points, list(lamella))
    _, to_boundary = grains.locate(points)
    badness = 0.8 * to_boundary - np.minimum(clearance, 1.7) + 10 * outside
    return np.asarray(points[np.argmin(badness)])


def _pits(rng: np.random.Generator, face: Face, marks: tuple[Mark, ...]) -> FloatArray:
    """Return (2, 3): points of the end face clear of the marks and of the lift-out site."""
    angles, radii = rng.uniform(0, 2 * np.pi, 400), rng.uniform(6.0, 30.0, 400)
    places = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    taken = [np.array([mark.right, mark.front]) for mark in marks]
    taken += [np.array(face.site) + offset for offset in ([-3.0, 4.0], [3.0, 9.0])]
    found = []
    for _ in range(2):
        best = places[np.argmax(np.minimum(_clearance(places, taken), 12.0))]
        taken.append(best)
        found.append(face.at(*best))
    return np.array(found)


def _in_bulk(rng: np.random.Generator, face: Face) -> FloatArray:
    """Return (10, 3): points spread through the metal below the end face."""
    found = []
    for height in np.linspace(31, 86, 10):
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(8, 33)
        found.append(
            [
                height + rng.uniform(-2, 2),
                AXIS_YX_UM[0] + radius * np.sin(angle),
                AXIS_YX_UM[1] + radius * np.cos(angle),
            ]
        )
    return np.array(found)


def _around_lamella(
    rng: np.random.Generator, face: Face, corrosion: Corrosion, lamella: FloatArray
) -> FloatArray:
    """Return (6, 3): points in front of and behind the lamella, spread over its width."""
    taken = list(lamella)
    found: list[FloatArray] = []
    for number in range(6):
        side = -1 if number % 2 else 1
        right, front = rng.uniform(-6.5, 3.0, 200), side * rng.uniform(2.2, 6.0, 200)
        depth = rng.uniform(1.5, 8.5, 200)
        points = np.array(
            [
                face.at(face.site[0] + r, face.site[1] + f, d)
                for r, f, d in zip(right, front, depth, strict=True)
            ]
        )
        inside = corrosion.layer(points, 45.0).metal > 0.9
        best = points[np.argmax(np.minimum(_clearance(points, taken), 6.0) - 20 * ~inside)]
        taken.append(best)
        found.append(best)
    return np.array(found)

"""The material at any point of the sample: the one truth that every technique looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.corrosion import BAND_UM, Corrosion, Layer
from tiepoint.demo.frames import AXIS_YX_UM, WIRE_RADIUS_UM, Face
from tiepoint.demo.noise import Waves, stream
from tiepoint.demo.particles import Particles, boxes
from tiepoint.demo.phases import Phase
from tiepoint.demo.population import fine_precipitates, populate

if TYPE_CHECKING:
    from tiepoint.demo.grains import Grains
    from tiepoint.demo.landmarks import Features
    from tiepoint.demo.marks import Mark
    from tiepoint.geometry.transforms import Affine
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True, eq=False)
class Sample:
    """One wire. Positions are (…, 3) in µm, axis order (z, y, x), in the first scan's frame."""

    seed: int
    face: Face
    grains: Grains
    corrosion: Corrosion
    marks: tuple[Mark, ...]
    features: Features

    @cached_property
    def rough(self) -> Waves:
        """The bumps on precipitates and pores."""
        return Waves.make(stream(self.seed, "bumps"), (0.5, 1.25), 7)

    @cached_property
    def particles(self) -> Particles:
        """Everything large enough for CT or SEM, landmarks last (on top)."""
        return populate(self.seed, self.face, self.grains, self.features)

    @cached_property
    def fine(self) -> Particles:
        """Precipitates below the CT's resolution; placed around the lamella only."""
        return fine_precipitates(self.seed, self.face, self.grains, self.features)

    def face_depth(self, points: AnyArray) -> AnyArray:
        """Return how far (…) points lie behind the end face (negative: in front), marks cut."""
        kind = points.dtype.type
        offset = points - self.face.origin.astype(kind)
        depth = -(offset @ self.face.normal.astype(kind))
        near = np.nonzero(np.abs(depth) < 5)
        right = offset[near] @ self.face.right.astype(kind)
        front = offset[near] @ self.face.front.astype(kind)
        cut = np.zeros_like(right)
        for mark in self.marks:
            cut = np.maximum(cut, mark.cut_depth(right, front))
        depth[near] -= cut.astype(kind)
        return np.asarray(depth)

    def layer(self, points: AnyArray, minutes: float) -> Layer:
        """Return where points lie in the degradation layer; cheap away from the flank."""
        kind = points.dtype.type
        radius = np.sqrt(((points[..., 1:] - np.asarray(AXIS_YX_UM, kind)) ** 2).sum(axis=-1))
        wire, metal = (np.asarray(kind(WIRE_RADIUS_UM) - radius) for _ in range(2))
        phosphate, crack = np.full_like(radius, -5), np.full_like(radius, -5)
        band = (radius > BAND_UM[0]) & (radius < BAND_UM[1])
        if band.any():
            part = self.corrosion.layer(points[band], minutes)
            wire[band], metal[band] = part.wire, part.metal
            phosphate[band], crack[band] = part.phosphate, part.crack
        return Layer(wire, metal, phosphate, crack)

    def background(self, points: AnyArray, minutes: float) -> AnyArray:
        """Return the `Phase` numbers (…) of points without precipitates and pores."""
        layer = self.layer(points, minutes)
        phase = np.full(points.shape[:-1], Phase.MATRIX, np.uint8)
        in_layer = layer.metal <= 0
        phase[in_layer] = Phase.HYDROXIDE
        phase[in_layer & (layer.phosphate > 0)] = Phase.CALCIUM_PHOSPHATE
        phase[layer.crack > 0] = Phase.CRACK
        phase[(layer.wire <= 0) | (self.face_depth(points) <= 0)] = Phase.OUTSIDE
        return phase

    def phase_at(self, points: AnyArray, minutes: float, fine: bool = True) -> AnyArray:
        """Return the `Phase` numbers (N,) at points (N, 3) after a time in minutes.

        Parameters
        ----------
        fine
            Whether precipitates below the CT's resolution count.
        """
        from scipy.spatial import cKDTree

        points = np.asarray(points)
        phase = self.background(points, minutes)
        tree = cKDTree(points)
        for particles in (self.fine, self.particles) if fine else (self.particles,):
            near = tree.query_ball_point(particles.centres, particles.reach)
            for number, indices in enumerate(near):
                if indices:
                    here = np.array(indices)
                    inside = particles.depth_inside(number, points[here], self.rough) > 0
                    put(phase, here[inside], particles.phases[number], particles is self.fine)
        return phase

    def phase_on_grid(
        self, index_to_sample: Affine, shape: tuple[int, ...], minutes: float, fine: bool = True
    ) -> AnyArray:
        """Return `phase_at` on a regular grid (a plane or a volume), much faster."""
        phase = self.background(grid_points(index_to_sample, shape), minutes)
        self.add_bodies(phase, index_to_sample, fine)
        return phase

    def add_bodies(self, phase: AnyArray, index_to_sample: Affine, fine: bool = True) -> None:
        """Write precipitates and pores into the `background` of a regular grid."""
        for particles in (self.fine, self.particles) if fine else (self.particles,):
            for number, part, points in boxes(particles, index_to_sample, phase.shape):
                inside = particles.depth_inside(number, points, self.rough) > 0
                put(phase[part], inside, particles.phases[number], particles is self.fine)


def put(phase: AnyArray, where: AnyArray, body: int, fine: bool) -> None:
    """Write a body into phase numbers: only into solid, large precipitates also across cracks."""
    bridges = body != Phase.PORE and not fine
    kept = (Phase.OUTSIDE,) if bridges else (Phase.OUTSIDE, Phase.CRACK)
    here = phase[where]
    phase[where] = np.where(np.isin(here, kept), here, body)


def grid_points(
    index_to_sample: Affine, shape: tuple[int, ...], start: tuple[int, ...] | None = None
) -> AnyArray:
    """Return the sample positions (*shape, 3) of a regular grid, float32."""
    start = start or (0,) * len(shape)
    points = np.asarray(index_to_sample.offset, np.float32)
    for axis, (first, count) in enumerate(zip(start, shape, strict=True)):
        values = np.arange(first, first + count, dtype=np.float32)
        steps = values[:, None] * index_to_sample.linear[:, axis].astype(np.float32)
        points = points + steps.reshape([-1 if a == axis else 1 for a in range(len(shape))] + [3])
    return np.asarray(points)

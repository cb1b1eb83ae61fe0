"""The HAADF image of the lamella, and what phases its pixels contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import LAMELLA_THICKNESS_UM, LAMELLA_UM
from tiepoint.demo.noise import Image, stream, texture
from tiepoint.demo.phases import Phase, haadf_strength
from tiepoint.demo.sample import grid_points
from tiepoint.demo.sizes import image_shape
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray

_DEPTHS = 3
_COUNTS_OF_MATRIX = 9000.0
_ELECTRONS = 900.0


def index_to_sample(twin: Twin) -> Affine:
    """Return HAADF pixel index (y, x) → sample µm."""
    pixel = np.full(2, twin.sizes.haadf_pixel_nm)
    return twin.to_sample("stem").after(Affine.scaling(pixel, np.zeros(2)))


def phase_sheets(twin: Twin) -> Iterator[AnyArray]:
    """Yield the `Phase` numbers (y, x) in a few sheets through the lamella's thickness.

    They begin at the FIB face (the plane of the registration) and go into the lamella.
    """
    plane = index_to_sample(twin)
    shape = image_shape(twin.sizes.haadf)
    # Layer and cracks hardly change over 0.1 µm; precipitates do.
    background = twin.sample.background(grid_points(plane, shape), float(twin.minutes("stem")))
    for sheet in range(_DEPTHS):
        behind = LAMELLA_THICKNESS_UM * sheet / _DEPTHS * twin.frames.face.front
        phase = background.copy()
        twin.sample.add_bodies(phase, Affine(plane.linear, plane.offset - behind))
        yield phase


def phase_fractions(twin: Twin) -> Image:
    """Return the share (8, y, x) of each phase in the thickness, inside the lamella only."""
    shape = image_shape(twin.sizes.haadf)
    fractions = np.zeros((len(Phase), *shape), np.float32)
    for sheet in phase_sheets(twin):
        for phase in Phase:
            fractions[phase] += (sheet == phase) / np.float32(_DEPTHS)
    inside = lamella_thickness(twin)[0] > 0
    fractions *= inside
    fractions[Phase.OUTSIDE] += ~inside
    return fractions


def lamella_thickness(twin: Twin) -> tuple[Image, Image]:
    """Return the thickness (y, x) relative to nominal, 0 outside the lamella, and the strap's.

    The foil is a wedge, thinnest below the strap, on a thicker frame; its lower end is frayed.
    """
    right, depth = _lamella_coordinates(twin)
    rng = stream(twin.seed, "foil")
    fray = np.interp(right, np.linspace(-8, 8, 160), texture(rng, (160,), 2.2))
    below = LAMELLA_UM[0] - 0.12 + 0.1 * fray - depth
    edge = np.minimum(LAMELLA_UM[1] / 2 - np.abs(right), below)
    inside = (edge > 0) & (depth > 0)
    wedge = 0.9 + 0.03 * depth + 0.2 * np.exp(-np.maximum(edge, 0) / 0.25)
    strap = (depth <= 0) & (depth > -0.62 + 0.02 * fray) & (np.abs(right) < LAMELLA_UM[1] / 2)
    return (inside * wedge).astype(np.float32), strap.astype(np.float32)


def _lamella_coordinates(twin: Twin) -> tuple[AnyArray, AnyArray]:
    """Return (right, depth) in µm from the middle of the lamella's upper edge, each (y, x)."""
    face = twin.frames.face
    points = grid_points(index_to_sample(twin), image_shape(twin.sizes.haadf))
    offset = points - face.site_origin.astype(np.float32)
    return offset @ face.right.astype(np.float32), -(offset @ face.normal.astype(np.float32))


def haadf_image(twin: Twin, fractions: Image) -> AnyArray:
    """Return the HAADF image (y, x), uint16.

    Parameters
    ----------
    fractions
        From `phase_fractions`.
    """
    from scipy.ndimage import gaussian_filter

    rng = stream(twin.seed, "haadf")
    scale = twin.sizes.haadf / 1024
    thickness, strap = lamella_thickness(twin)
    strength = np.tensordot(haadf_strength().astype(np.float32), fractions, 1)
    strength *= _nanostructure(twin, fractions, rng)
    strength *= thickness * _curtains(twin, rng)
    strength += 0.42 * strap * (1 + 0.05 * texture(rng, strap.shape, 1.5 * scale))
    # Dark-field signals of heavy, thick phases saturate: multiple scattering.
    signal = 2.6 * np.tanh(strength / 2.6)
    signal = gaussian_filter(signal, 0.8 * scale) + 0.02
    electrons = rng.poisson(signal * _ELECTRONS) / _ELECTRONS
    lines = 1 + 0.004 * rng.standard_normal((len(signal), 1))
    counts = 1200 + _COUNTS_OF_MATRIX * electrons * lines
    counts += 45 * rng.standard_normal(counts.shape)
    return np.asarray(np.clip(counts, 0, 65535) + 0.5, np.uint16)


def _nanostructure(twin: Twin, fractions: Image, rng: np.random.Generator) -> Image:
    """Return a factor: grain orientation and fine precipitates in metal, porosity in the layer."""
    shape = fractions.shape[1:]
    scale = twin.sizes.haadf / 1024
    points = grid_points(index_to_sample(twin), shape).reshape(-1, 3)
    grain, boundary = twin.sample.grains.locate(points)
    grain, boundary = grain.reshape(shape), boundary.reshape(shape).astype(np.float32)
    shade = twin.sample.grains.shades[grain].astype(np.float32)
    needles = _needles(twin, grain, rng, scale)
    # Precipitate-free zones line the grain boundaries, which are themselves rich in Gd.
    free = 1 - np.exp(-((boundary / 0.16) ** 2))
    wetted = 0.35 * np.exp(-((boundary / 0.018) ** 2))
    metal = 1 + 0.035 * shade + 0.30 * needles * free + wetted
    metal += 0.02 * texture(rng, shape, 18 * scale)
    fibres = texture(rng, shape, (1.3 * scale, 6.0 * scale)) + texture(rng, shape, 1.8 * scale)
    voids = np.maximum(texture(rng, shape, (3.0 * scale, 7.0 * scale)) - 1.1, 0)
    clusters = np.maximum(texture(rng, shape, 9 * scale) + 0.3 * fibres - 0.4, 0)
    coarse = texture(rng, shape, 40 * scale)
    porous = np.clip(1 + 0.09 * fibres - 0.42 * voids + 0.05 * coarse, 0.15, 2)
    mineral = 1 + 0.08 * fibres + 0.28 * clusters - 0.2 * voids
    eutectic = 1 + 0.07 * np.minimum(texture(rng, shape, (3.5 * scale, 2.0 * scale)), 0.4)
    in_metal = fractions[Phase.MATRIX]
    factor = 1 + in_metal * (metal - 1) + fractions[Phase.HYDROXIDE] * (porous - 1)
    factor += fractions[Phase.CALCIUM_PHOSPHATE] * (mineral - 1)
    factor += fractions[Phase.GD_RICH] * (eutectic - 1 + 0.05 * coarse)
    return np.asarray(np.maximum(factor, 0.05), np.float32)


def _needles(twin: Twin, grain: AnyArray, rng: np.random.Generator, scale: float) -> Image:
    """Return fine precipitates of the grains: rods along three directions, one per grain."""
    from scipy.ndimage import gaussian_filter

    pick = (twin.sample.grains.directions[grain] / np.pi * 3).astype(int)
    total = np.zeros(grain.shape, np.float32)
    for direction, sigma in enumerate([(4.2, 0.85), (0.85, 4.2), (1.4, 1.4)]):
        seeds = (rng.random(grain.shape) < 0.0032 / scale**2).astype(np.float32)
        rods = gaussian_filter(seeds, np.multiply(sigma, scale), truncate=3)
        rods /= rods.max() or 1.0
        total += np.where(pick == direction, np.minimum(2.0 * rods, 1), 0)
    return total


def _curtains(twin: Twin, rng: np.random.Generator) -> Image:
    """Return a factor for the thickness streaks that run down from the upper edge."""
    right, depth = _lamella_coordinates(twin)
    grid = np.linspace(-8, 8, 900)
    fine, coarse = texture(rng, (900,), 1.6), texture(rng, (900,), 9.0)
    streak = np.interp(right, grid, 0.5 * fine + coarse)
    return np.asarray(1 + (0.014 + 0.006 * np.clip(depth, 0, 8)) * streak, np.float32)

"""The FIB-SEM image of the end face and of the freshly milled FIB face, stage at 52°."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.noise import Image, stream, texture
from tiepoint.demo.phases import Phase, lookup
from tiepoint.demo.sample import grid_points
from tiepoint.demo.sem_shape import Scene, index_to_surface, scene
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray

_ELECTRONS = 150.0
"""Secondary electrons counted per pixel where the signal is 1."""


def sem_image(twin: Twin) -> AnyArray:
    """Return the image (y, x), uint8."""
    from scipy.ndimage import gaussian_filter

    rng = stream(twin.seed, "sem")
    seen = scene(twin)
    signal = _material(twin, seen, rng) * _topography(seen)
    signal = signal + _edges(seen)
    signal[~seen.wire] = _stub(rng, seen.wire.shape)[~seen.wire]
    signal = gaussian_filter(np.maximum(signal, 0.02), 0.55)
    electrons = rng.poisson(signal * _ELECTRONS) / _ELECTRONS
    lines = 1 + 0.008 * rng.standard_normal((len(signal), 1))
    gray = 16 + 118 * electrons * lines
    return np.asarray(np.clip(gray + 2.2 * rng.standard_normal(gray.shape), 0, 255), np.uint8)


def _phases(twin: Twin, seen: Scene) -> AnyArray:
    """Return the `Phase` that each pixel shows."""
    minutes = float(twin.minutes("sem"))
    end_face = index_to_surface(twin, "end_face")
    phase = twin.sample.phase_on_grid(end_face, seen.wire.shape, minutes, fine=False)
    rows, columns = (np.nonzero(seen.wall.any(axis=axis))[0] for axis in (1, 0))
    if len(rows):
        top, left = rows[0], columns[0]
        part = (slice(top, rows[-1] + 1), slice(left, columns[-1] + 1))
        wall = index_to_surface(twin, "fib_face")
        shifted = Affine(wall.linear, wall(np.array([[top, left]], float))[0])
        on_wall = twin.sample.phase_on_grid(shifted, seen.wall[part].shape, minutes)
        phase[part] = np.where(seen.wall[part], on_wall, phase[part])
    phase[seen.cut | seen.strap] = Phase.MATRIX
    phase[seen.flank] = Phase.CALCIUM_PHOSPHATE
    return phase


def _material(twin: Twin, seen: Scene, rng: np.random.Generator) -> Image:
    """Return how brightly the material shines: phase, grain orientation, porosity, damage."""
    shape = seen.wire.shape
    scale = shape[1] / 1024
    phase = _phases(twin, seen)
    signal = lookup("sem_gray").astype(np.float32)[phase]
    metal = (phase == Phase.MATRIX) & (seen.end_face | seen.wall)
    shade, groove = _grains(twin, seen, metal)
    signal[metal] *= 1 + 0.075 * shade - 0.10 * np.exp(-((groove / 0.09) ** 2))
    fine = texture(rng, shape, (0.9 * scale, 1.4 * scale))
    coarse = texture(rng, shape, (4 * scale, 7 * scale))
    layer = np.isin(phase, [Phase.HYDROXIDE, Phase.CALCIUM_PHOSPHATE])
    signal[layer] *= (1 + 0.13 * fine + 0.07 * coarse)[layer]
    signal[metal] *= (1 + 0.02 * fine + 0.012 * coarse)[metal]
    signal *= _scratches(rng, seen)
    signal *= _curtains(rng, twin, seen)
    signal[seen.cut] *= (0.78 + 0.12 * fine + 0.08 * coarse)[seen.cut]
    signal[seen.flank] *= (0.84 * (1 - 0.75 * seen.crack))[seen.flank]
    signal[seen.strap] = (0.62 + 0.03 * fine)[seen.strap]
    return signal * _ejecta(twin, seen, fine)


def _grains(twin: Twin, seen: Scene, metal: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return orientation (n,) and distance to the boundary (n,) of the metal pixels."""
    on_wall = seen.wall[metal]
    end_face, wall = (
        grid_points(index_to_surface(twin, name), seen.wire.shape)[metal]
        for name in ("end_face", "fib_face")
    )
    number, distance = twin.sample.grains.locate(np.where(on_wall[:, None], wall, end_face))
    return twin.sample.grains.shades[number].astype(np.float32), distance


def _topography(seen: Scene) -> Image:
    """Return the yield from surface tilt and a detector above the image; end face = 1."""
    distance = np.minimum(seen.distance, 110)
    step = float(np.median(np.diff(seen.right[0])))
    down, right = (np.clip(g / step, -6, 6) for g in np.gradient(distance))
    # The end face itself falls away by the stage tilt.
    tan = np.tan(np.radians(52.0))
    tilt = np.where(seen.flank | seen.wall | seen.cut, down - 0.0, 0.0)
    down_total = tan + tilt - np.where(seen.flank, 2 * tan, 0)
    flat = np.sqrt(1 + tan**2)
    steep = np.sqrt(1 + down_total**2 + right**2) / flat
    lit = 1 + 0.10 * np.clip(tilt, -3, 3) * 0.5 - 0.06 * right
    deep = np.where(seen.cut | seen.wall, np.exp(-np.maximum(seen.depth, 0) / 16), 1)
    return np.asarray(np.clip(steep, 0.6, 2.0) ** 0.55 * np.clip(lit, 0.5, 1.5) * deep, np.float32)


def _edges(seen: Scene) -> Image:
    """Return the extra signal of edges, where electrons leave through two surfaces."""
    from scipy.ndimage import gaussian_filter

    scale = seen.wire.shape[1] / 1024
    distance = np.where(seen.wire, np.minimum(seen.distance, 40), 40)
    near = gaussian_filter(distance, 2.2 * scale) - distance
    wide = gaussian_filter(distance, 7 * scale) - distance
    bright = 0.30 * np.clip(near / 0.5, 0, 1.4) + 0.16 * np.clip(wide / 2.5, 0, 1)
    shade = 0.22 * np.clip(-wide / 2.5, 0, 1)
    return np.asarray(bright - shade, np.float32)


def _scratches(rng: np.random.Generator, seen: Scene) -> Image:
    """Return a factor for fine polishing scratches on the end face."""
    factor = np.ones(seen.wire.shape, np.float32)
    main = rng.uniform(0, np.pi)
    for _ in range(26):
        angle = main + rng.normal(0, 0.25)
        across = np.cos(angle) * seen.right + np.sin(angle) * seen.front - rng.uniform(-40, 40)
        along = -np.sin(angle) * seen.right + np.cos(angle) * seen.front - rng.uniform(-35, 35)
        near = np.nonzero((np.abs(across) < 0.4) & (np.abs(along) < rng.uniform(5, 22)))
        factor[near] += rng.uniform(-0.10, 0.13) * np.exp(-((across[near] / 0.11) ** 2))
    return np.where(seen.end_face, factor, 1)


def _curtains(rng: np.random.Generator, twin: Twin, seen: Scene) -> Image:
    """Return a factor for the vertical streaks that the ion beam leaves on the FIB face."""
    count = 400
    profile = texture(rng, (count,), 1.3) + 0.8 * texture(rng, (count,), 5.0)
    site_right, _ = twin.frames.face.site
    place = np.clip((seen.right - site_right + 9) / 18 * count, 0, count - 1)
    streak = np.interp(place.ravel(), np.arange(count), profile).reshape(place.shape)
    strength = 0.02 + 0.006 * np.clip(seen.depth, 0, 12)
    milled = seen.wall | (seen.cut & (np.abs(seen.right - site_right) < 8.2) & (seen.depth > 0.3))
    return np.where(milled, 1 + strength * streak, 1).astype(np.float32)


def _ejecta(twin: Twin, seen: Scene, fine: Image) -> Image:
    """Return a factor for molten rims around laser marks and redeposition around milled ones."""
    factor = np.ones(seen.wire.shape, np.float32)
    for mark in twin.sample.marks:
        away = np.maximum(-mark.footprint(seen.right, seen.front), 0)
        rim = np.exp(-((away / (0.55 if mark.laser else 0.2)) ** 2)) * (away > 0)
        halo = np.exp(-away / (1.8 if mark.laser else 0.6)) * (away > 0)
        bumps = 1 + 0.5 * fine
        factor += (0.30 * rim * bumps - 0.10 * halo) * seen.end_face
    return factor


def _stub(rng: np.random.Generator, shape: tuple[int, int]) -> Image:
    """Return the holder far below, out of focus."""
    scale = shape[1] / 1024
    return 0.17 + 0.03 * texture(rng, shape, 22 * scale) + 0.015 * texture(rng, shape, 6 * scale)

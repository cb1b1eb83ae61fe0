"""The light-microscope overview of the wire's end, before the experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import WIRE_RADIUS_UM
from tiepoint.demo.noise import Image, stream, texture
from tiepoint.demo.phases import Phase
from tiepoint.demo.sample import grid_points
from tiepoint.demo.sizes import image_shape
from tiepoint.geometry.transforms import Affine

if TYPE_CHECKING:
    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray

_METAL = np.array([0.66, 0.625, 0.565], np.float32)
_STUB = np.array([0.30, 0.285, 0.27], np.float32)
_GLUE = np.array([0.36, 0.27, 0.15], np.float32)
_SOOT = np.array([0.10, 0.075, 0.06], np.float32)
_GOLD = np.array([0.70, 0.52, 0.28], np.float32)


def light_image(twin: Twin) -> AnyArray:
    """Return the image (y, x, 3), uint8 RGB."""
    from scipy.ndimage import gaussian_filter

    rng = stream(twin.seed, "light")
    shape = image_shape(twin.sizes.light)
    plane = index_to_sample(twin)
    points = grid_points(plane, shape)
    offset = points - twin.frames.face.origin.astype(np.float32)
    right, front = (
        offset @ axis.astype(np.float32)
        for axis in (twin.frames.face.right, twin.frames.face.front)
    )
    edge = twin.sample.layer(points, float(twin.minutes("light"))).wire
    image = _surroundings(twin, rng, edge, right, front)
    on_wire = np.clip(edge / twin.sizes.light_pixel_um + 0.5, 0, 1)[..., None]
    image += on_wire * (_end_face(twin, rng, plane, points, right, front) - image)
    # The rim is rounded and sends its light elsewhere.
    image *= 1 - 0.55 * np.exp(-((edge / 0.9) ** 2))[..., None]
    image *= _illumination(shape)[..., None]
    blur = 0.42 / twin.sizes.light_pixel_um
    image = gaussian_filter(image, (blur, blur, 0))
    return _camera(rng, image)


def index_to_sample(twin: Twin) -> Affine:
    """Return pixel index (y, x) → the sample just behind the end face."""
    pixel = np.full(2, twin.sizes.light_pixel_um)
    plane = twin.to_sample("light").after(Affine.scaling(pixel, np.zeros(2)))
    return Affine(plane.linear, plane.offset - 0.05 * twin.frames.face.normal)


def _end_face(
    twin: Twin,
    rng: np.random.Generator,
    plane: Affine,
    points: AnyArray,
    right: AnyArray,
    front: AnyArray,
) -> Image:
    """Return the polished, lightly etched end face as RGB, everywhere in the image."""
    shape = right.shape
    near = np.hypot(right, front) < WIRE_RADIUS_UM + 3
    bodies = np.where(near, Phase.MATRIX, Phase.OUTSIDE).astype(np.uint8)
    twin.sample.add_bodies(bodies, plane, fine=False)
    shade, boundary = np.zeros(shape, np.float32), np.full(shape, 9.0, np.float32)
    grain, distance = twin.sample.grains.locate(points[near])
    shade[near], boundary[near] = twin.sample.grains.shades[grain], distance
    tint = np.stack([0.085 * shade, 0.072 * shade, 0.045 * shade], axis=-1)
    image = _METAL * (1 + tint)
    image *= (1 - 0.16 * np.exp(-((boundary / 0.3) ** 2)))[..., None]
    image *= (1 + 0.015 * texture(rng, shape, 1.0))[..., None]
    image[bodies == Phase.GD_RICH] *= np.array([0.66, 0.70, 0.76], np.float32)
    image[bodies == Phase.HYDRIDE] *= np.array([0.50, 0.53, 0.60], np.float32)
    image[bodies == Phase.PORE] *= 0.12
    return _marked(twin, rng, image, right, front)


def _marked(
    twin: Twin, rng: np.random.Generator, image: Image, right: AnyArray, front: AnyArray
) -> Image:
    """Return the face with the laser marks: soot inside, bright rim, tarnish around."""
    flecks = texture(rng, right.shape, 0.8)
    for mark in twin.sample.marks:
        if not mark.laser:
            continue
        inside = mark.footprint(right, front)
        away = np.maximum(-inside, 0)
        tarnish = (0.42 * np.exp(-away / 1.7) * (1 + 0.3 * flecks))[..., None]
        image = image + np.clip(tarnish, 0, 1) * (_GOLD - image)
        image += (0.24 * np.exp(-(((away - 0.35) / 0.3) ** 2)) * (inside < 0))[..., None]
        cut = np.clip(inside / twin.sizes.light_pixel_um + 0.5, 0, 1)[..., None]
        image += cut * (_SOOT * (1 + 0.4 * flecks[..., None]) - image)
    return np.asarray(image, np.float32)


def _surroundings(
    twin: Twin, rng: np.random.Generator, edge: AnyArray, right: AnyArray, front: AnyArray
) -> Image:
    """Return what lies out of focus around the wire: turned stub, glue, shadow, dust."""
    from scipy.ndimage import gaussian_filter

    shape = right.shape
    scale = 1 / twin.sizes.light_pixel_um
    turned = np.hypot(right - 210, front + 160)
    grooves = 0.09 * np.sin(turned / 1.9) + 0.06 * np.sin(turned / 5.3 + 1.0)
    stub = 1 + grooves + 0.10 * texture(rng, shape, 12 * scale) + 0.04 * texture(rng, shape, scale)
    image = _STUB * stub[..., None]
    wander = 7 * texture(rng, shape, 16 * scale)
    glue = 1 / (1 + np.exp((-edge - 26 - wander) / 2.5))
    gloss = np.exp(-(((-edge - 19 - 0.6 * wander) / 2.2) ** 2)) * (right - 0.6 * front > 10)
    image += (0.85 * glue)[..., None] * (_GLUE - image) + 0.28 * gloss[..., None]
    image *= (1 - 0.6 * np.exp(-np.maximum(-edge, 0) / 9))[..., None]
    dust = (rng.random(shape) < 3e-4 / scale**2).astype(np.float32)
    specks = gaussian_filter(dust, 1.6 * scale)
    image *= (1 - 0.6 * np.clip(specks / (specks.max() or 1), 0, 1))[..., None]
    return np.asarray(gaussian_filter(image, (1.3 * scale, 1.3 * scale, 0)), np.float32)


def _illumination(shape: tuple[int, int]) -> Image:
    """Return the lamp's profile: brightest left of the middle, darker corners."""
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[1] - [[[0.36]], [[0.46]]]
    return np.asarray(1.06 - 0.55 * (x**2 + y**2), np.float32)


def _camera(rng: np.random.Generator, image: Image) -> AnyArray:
    """Return 8-bit sRGB with shot noise that neighbouring pixels share (colour filter)."""
    noise = texture(rng, image.shape, (0.55, 0.55, 0))
    linear = np.clip(image + 0.011 * noise * np.sqrt(np.maximum(image, 0.01)), 0, 1)
    return np.asarray(255 * linear ** (1 / 1.12) + 0.5, np.uint8)

"""Round marks: by Hough transform, then a circle through the rim's steepest points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.registration.automatic.images import read_image
from tiepoint.registration.automatic.markers import Marker
from tiepoint.registration.automatic.proposals import Refusal, Watch

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

LEAST_RIM = 0.6
ON_RIM = 0.5
"""Distance from the circle, in pixels, within which an edge counts: chance edges lie anywhere."""
RAYS = 72
_SMOOTHING = 1.0


def find_circles(
    image: AnyArray,
    least_radius: float,
    most_radius: float,
    *,
    least_rim: float = LEAST_RIM,
    most: int = 20,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> tuple[Marker, ...] | Refusal:
    """Find discs, holes and rings, the most complete first.

    Parameters
    ----------
    image
        (y, x).
    least_radius, most_radius
        In pixels.
    least_rim
        Share of the rim, 0–1, along which an edge must be seen.
    most
        Largest number of circles.
    """
    gray = read_image(image, "marker")
    if isinstance(gray, Refusal):
        return gray
    if not 2 <= least_radius <= most_radius < min(gray.values.shape):
        return Refusal("bad_input", "The radii must be at least 2 pixels and fit into the image.")
    from scipy import ndimage
    from skimage import transform

    watch = Watch(progress, cancel)
    watch.at(0.0, "looking for rims")
    smooth = ndimage.gaussian_filter(gray.values, _SMOOTHING)
    slope = np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)) * gray.mask
    edges = slope > max(0.25 * float(np.percentile(slope, 99.8)), 1e-12)
    radii = np.arange(np.floor(least_radius), np.ceil(most_radius) + 1).astype(int)
    hough: Any = transform  # its functions carry no types
    votes = hough.hough_circle(edges, radii)
    watch.at(0.6, "fitting circles")
    gap = max(3, int(least_radius))
    _, xs, ys, sizes = hough.hough_circle_peaks(
        votes, radii, min_xdistance=gap, min_ydistance=gap, total_num_peaks=3 * most
    )
    found: list[Marker] = []
    for y, x, radius in zip(ys, xs, sizes, strict=True):
        marker = _fitted(smooth, np.array([y, x], float), float(radius), least_rim)
        if marker is not None and not any(_same(marker, other) for other in found):
            found.append(marker)
    watch.at(1.0)
    found = sorted((m for m in found if _allowed(m, least_radius, most_radius)), key=_worse)[:most]
    if not found:
        return Refusal("not_found", "No circle of this size has a clear rim in the image.")
    return tuple(found)


def _worse(marker: Marker) -> float:
    return -marker.score


def _allowed(marker: Marker, least: float, most: float) -> bool:
    return marker.radius is not None and least - 1 <= marker.radius <= most + 1


def _same(one: Marker, other: Marker) -> bool:
    apart = float(np.linalg.norm(one.point_yx - other.point_yx))
    return apart < 0.5 * min(one.radius or 0, other.radius or 0)


def _fitted(
    smooth: FloatArray, centre: FloatArray, radius: float, least_rim: float
) -> Marker | None:
    rim = np.zeros((0, 2))
    for reach in (0.25 * radius + 1.5, 0.15 * radius + 1.5, 2.0):
        rim = _rim(smooth, centre, radius, reach)
        if len(rim) < least_rim * RAYS:
            return None
        centre, radius, off = _circle_through(rim)
        kept = np.abs(off) <= 3 * max(1.4826 * float(np.median(np.abs(off))), 0.05)
        centre, radius, off = _circle_through(rim[kept])
    share = float((np.abs(off) <= ON_RIM).sum()) / RAYS
    if share < least_rim:
        return None
    error = float(np.sqrt((off**2).mean() * 2 / len(off)))
    return Marker(
        centre,
        share,
        f"Circle of radius {radius:.2f} px with {share:.0%} of its rim seen, centre "
        f"± {error:.2g} px.",
        radius=radius,
    )


def _rim(smooth: FloatArray, centre: FloatArray, radius: float, reach: float) -> FloatArray:
    """Return the steepest points (n, 2) on rays from the centre, those with a clear edge."""
    from scipy import ndimage

    angles = np.arange(RAYS) * 2 * np.pi / RAYS
    steps = np.arange(max(radius - reach, 0.5), radius + reach + 0.125, 0.25)
    rays = np.stack([np.sin(angles), np.cos(angles)])
    places = centre[:, None, None] + rays[:, :, None] * steps
    inside = (places >= 0) & (places <= np.array(smooth.shape)[:, None, None] - 1)
    values = ndimage.map_coordinates(smooth, places, order=3, mode="nearest")
    slope = np.gradient(values, axis=1)
    sign = np.sign(np.median(slope[np.arange(RAYS), np.abs(slope).argmax(axis=1)])) or 1.0
    slope = slope * sign
    top = slope.argmax(axis=1)
    height = slope[np.arange(RAYS), top]
    clear = (top > 0) & (top < len(steps) - 1) & inside.all(axis=(0, 2))
    clear &= height > 0.4 * np.median(height)
    row, at = np.flatnonzero(clear), top[clear]
    before, here, after = (slope[row, at + k] for k in (-1, 0, 1))
    bend = np.minimum(before - 2 * here + after, -1e-300)
    distance = steps[at] + 0.25 * np.clip(0.5 * (before - after) / bend, -1, 1)
    return np.asarray((centre[:, None] + rays[:, row] * distance).T)


def _circle_through(points: FloatArray) -> tuple[FloatArray, float, FloatArray]:
    """Return centre, radius and radial residuals: Kåsa's start, then one geometric fit."""
    design = np.column_stack([2 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(design, (points**2).sum(axis=1), rcond=None)[0]
    centre = solution[:2]
    radius = float(np.sqrt(max(solution[2] + centre @ centre, 1e-12)))
    for _ in range(5):
        away = points - centre
        distance = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
        slopes = np.column_stack([away / distance[:, None], np.ones(len(points))])
        update = np.linalg.lstsq(slopes, distance - radius, rcond=None)[0]
        centre, radius = centre + update[:2], radius + float(update[2])
    return centre, radius, np.linalg.norm(points - centre, axis=1) - radius

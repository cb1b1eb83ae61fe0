"""Poses of a plane from pairs of spots that image and volume share: particles, pores, corners.

A pair fixes five of a plane's six degrees of freedom; the sixth, the turn about the line through
the pair, is swept. That finds an image that is small against the volume, where trying every
orientation at every place would take hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tiepoint.geometry.workers import run_all
from tiepoint.registration.automatic.slice_level import PlanePose, SliceLevel, band_pass
from tiepoint.registration.automatic.slice_volume import DETAIL_BINS

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Watch
    from tiepoint.registration.automatic.slice_scan import Near
    from tiepoint.support.arrays import AnyArray, FloatArray

IMAGE_SPOTS, VOLUME_SPOTS = 9, 2000
LEAST_STRENGTH = 0.35
"""Of a spot of the image, relative to its strongest."""
LEAST_APART = 6.0
"""Cells between the spots of a pair."""
OFF_PLANE = 1.5
"""Cells by which spots of the volume may lie off the plane, or be misplaced along the pair."""
MOST_MATCHES = 7000
"""Pairs of the volume that are tried for one pair of the image."""
MOST_PAIRS = 16
POINTS = 72
TURN_CELLS = 1.4
"""Cells by which one turn of the sweep moves the farthest point."""
KEPT = 1200


@dataclass(frozen=True, eq=False)
class Spots:
    """Extrema of band-passed grey values.

    Attributes
    ----------
    places
        (n, 2) or (n, 3) physical.
    signs
        (n,) +1 where brighter than around, -1 where darker.
    strengths
        (n,) band-passed grey value, without its sign.
    """

    places: FloatArray
    signs: AnyArray
    strengths: FloatArray


@dataclass(frozen=True, eq=False)
class _PairTask:
    """A pair of the image and the ordered pairs of the volume that it may be.

    Attributes
    ----------
    ends
        (2, 2) physical places in the image.
    first, second
        (k, 3) physical places in the volume.
    polarity
        -1 where bright in the image is dark in the volume.
    """

    ends: FloatArray
    first: FloatArray
    second: FloatArray
    polarity: int


_Swept: TypeAlias = "tuple[FloatArray, FloatArray, FloatArray]"
"""Scores (k,), rotations (k, 3, 3) and centres (k, 3) of planes."""


def poses_from_spots(
    level: SliceLevel, near: Near | None, scale_tolerance: float, seed: int, watch: Watch
) -> list[PlanePose]:
    """Return the planes through pairs of spots on which the image's detail correlates best.

    Parameters
    ----------
    level
        Image and volume at one resolution.
    near
        Keeps poses within its reach only.
    scale_tolerance
        By how much the declared pixel sizes may be wrong relative to each other.
    seed
        Of the choice of points that are compared.
    """
    tasks = _tasks(level, scale_tolerance)
    points, values = _points(level, seed)
    volume, pad = _padded(level)

    def swept(task: _PairTask) -> _Swept:
        return _swept(task, level, volume, pad, points, values)

    found: list[_Swept] = []
    for first in range(0, len(tasks), 4):
        watch.at(first / len(tasks), "comparing pairs of spots")
        found += run_all(swept, tasks[first : first + 4], watch.cancel)
    if not found:
        return []
    scores, turns, centres = (np.concatenate(part) for part in zip(*found, strict=True))
    ranked = (PlanePose(turns[i], centres[i]) for i in np.argsort(-scores, kind="stable"))
    return list(islice((p for p in ranked if near is None or near.holds(p)), KEPT))


def _tasks(level: SliceLevel, scale_tolerance: float) -> list[_PairTask]:
    from scipy.spatial import cKDTree

    image, volume = _image_spots(level), _volume_spots(level)
    wanted = _pairs(image, LEAST_APART * level.cell)
    if not wanted or len(volume.places) < 2:
        return []
    longest = max(_length(image.places[i] - image.places[j]) for i, j in wanted)
    reach = longest * (1 + scale_tolerance) + OFF_PLANE * level.cell
    couples = cKDTree(volume.places).query_pairs(reach, output_type="ndarray")
    lengths = np.linalg.norm(volume.places[couples[:, 0]] - volume.places[couples[:, 1]], axis=1)
    order = np.argsort(lengths)
    couples, lengths = couples[order], lengths[order]
    signs = volume.signs[couples[:, 0]], volume.signs[couples[:, 1]]
    weakest = np.minimum(volume.strengths[couples[:, 0]], volume.strengths[couples[:, 1]])
    tasks = []
    for i, j in wanted:
        length = _length(image.places[i] - image.places[j])
        slack = OFF_PLANE * level.cell + scale_tolerance * length
        low, high = np.searchsorted(lengths, [length - 0.6 * slack, length + slack])
        one, other = (sign[low:high] for sign in signs)
        for polarity in (1, -1):
            a, b = polarity * image.signs[[i, j]]
            there = low + np.flatnonzero((one == a) & (other == b))
            back = low + np.flatnonzero((other == a) & (one == b))
            chosen = np.concatenate([couples[there], couples[back, ::-1]])
            chosen = chosen[_largest(np.concatenate([weakest[there], weakest[back]]))]
            if len(chosen):
                ends = image.places[[i, j]]
                first, second = volume.places[chosen[:, 0]], volume.places[chosen[:, 1]]
                tasks.append(_PairTask(ends, first, second, polarity))
    return tasks


def _largest(strengths: FloatArray) -> AnyArray:
    """Return the indices of the `MOST_MATCHES` largest, largest first."""
    some = np.arange(len(strengths))
    if len(some) > MOST_MATCHES:
        least = np.partition(strengths, -MOST_MATCHES)[-MOST_MATCHES]
        some = np.flatnonzero(strengths >= least)
    return some[np.argsort(-strengths[some], kind="stable")[:MOST_MATCHES]]


def _pairs(image: Spots, least: float) -> list[tuple[int, int]]:
    """Return the pairs of spots that lie far enough apart, the most telling ones first."""

    def worth(pair: tuple[int, int]) -> float:
        i, j = pair
        length = _length(image.places[i] - image.places[j])
        return float(length * np.sqrt(image.strengths[i] * image.strengths[j]))

    pairs = [
        (i, j)
        for i, j in combinations(range(len(image.places)), 2)
        if _length(image.places[i] - image.places[j]) >= least
    ]
    return sorted(pairs, key=worth, reverse=True)[:MOST_PAIRS]


def _image_spots(level: SliceLevel) -> Spots:
    indices, signs, strengths = _extrema(band_pass(level.picture.values), level.picture.mask)
    strong = strengths >= LEAST_STRENGTH * strengths.max(initial=0)
    order = np.argsort(-strengths[strong], kind="stable")[:IMAGE_SPOTS]
    return Spots(
        level.place(indices[strong][order]), signs[strong][order], strengths[strong][order]
    )


def _volume_spots(level: SliceLevel) -> Spots:
    """Return the strongest spots of either sign."""
    indices, signs, strengths = _extrema(level.block.band, level.block.known)
    order = np.argsort(-strengths, kind="stable")
    kept = np.concatenate([order[signs[order] == sign][:VOLUME_SPOTS] for sign in (1, -1)])
    places = indices[kept] * level.voxel + level.offset
    return Spots(places, signs[kept], strengths[kept])


def _extrema(band: FloatArray, mask: AnyArray) -> tuple[AnyArray, AnyArray, FloatArray]:
    """Return indices (n, K), signs and heights of the local extrema inside the mask."""
    from scipy import ndimage

    inside = ndimage.binary_erosion(mask)  # the outermost pixels are no extrema
    indices, signs, heights = [], [], []
    for sign in (1, -1):
        signed = sign * band
        top = (signed == ndimage.maximum_filter(signed, 3)) & (signed > 0) & inside
        indices.append(np.argwhere(top))
        signs.append(np.full(len(indices[-1]), sign))
        heights.append(signed[top])
    return np.concatenate(indices), np.concatenate(signs), np.concatenate(heights)


def _points(level: SliceLevel, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return places (m, 2) of the image to compare and the image's detail (m,) there.

    Half of them are those with most detail, the others are drawn.
    """
    known = np.argwhere(level.picture.mask)
    values = level.picture_detail[tuple(known.T)]
    if len(known) > POINTS:
        order = np.argsort(-np.abs(values), kind="stable")
        rng = np.random.default_rng(seed)
        drawn = rng.choice(order[POINTS // 2 :], POINTS - POINTS // 2, replace=False)
        some = np.concatenate([order[: POINTS // 2], drawn])
        known, values = known[some], values[some]
    return level.place(known), values


def _padded(level: SliceLevel) -> tuple[AnyArray, AnyArray]:
    """Return the volume's detail as 1 … 255, 0 where unknown and around, and its padding (3,)."""
    detail = level.block.scaled[..., 1] * (2 / (DETAIL_BINS - 1)) - 1
    levels = np.where(level.block.known, 128 + 127 * detail, 0)
    known = np.where(level.block.known, np.maximum(np.rint(levels), 1), 0).astype(np.uint8)
    reach = 2 * float(np.linalg.norm(level.points, axis=1).max())
    pad = np.ceil(reach / level.voxel).astype(int) + 2
    return np.pad(known, [(p, p) for p in pad]), pad


def _swept(
    task: _PairTask,
    level: SliceLevel,
    volume: AnyArray,
    pad: AnyArray,
    points: FloatArray,
    values: FloatArray,
) -> _Swept:
    """Return for the best matches the correlation at their best turn, and the plane there."""
    from tiepoint.registration.automatic.pose_kernels import sweep_about_pairs

    along_image = task.ends[1] - task.ends[0]
    along_image = along_image / np.linalg.norm(along_image)
    across_image = np.array([-along_image[1], along_image[0]])
    local = points - task.ends.mean(axis=0)
    local = np.column_stack([local @ along_image, local @ across_image])
    middles = (task.first + task.second) / 2
    along = task.second - task.first
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    one, other = _perpendicular(along)
    arm = float(np.abs(local[:, 1]).max())
    turns = int(np.clip(np.ceil(2 * np.pi * arm / (TURN_CELLS * level.cell)), 12, 90))
    angles = 2 * np.pi * np.arange(turns) / turns
    scores, best = np.empty(len(along)), np.empty(len(along), np.int64)
    sweep_about_pairs(
        volume,
        (middles - level.offset) / level.voxel + pad,
        along / level.voxel,
        one / level.voxel,
        other / level.voxel,
        np.column_stack([np.cos(angles), np.sin(angles)]),
        local,
        task.polarity * values,
        scores,
        best,
    )
    chosen = np.flatnonzero(scores > 0)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:KEPT]]
    angles = angles[best[chosen], None]
    across = np.cos(angles) * one[chosen] + np.sin(angles) * other[chosen]
    planes = along[chosen, :, None] * along_image + across[:, :, None] * across_image
    normals = np.cross(planes[:, :, 0], planes[:, :, 1])
    centres = middles[chosen] - planes @ task.ends.mean(axis=0)
    return scores[chosen], np.concatenate([planes, normals[:, :, None]], axis=2), centres


def _perpendicular(along: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two directions (k, 3) that are perpendicular to each of `along` and each other."""
    helper = np.eye(3)[np.argmin(np.abs(along), axis=1)]
    one = np.cross(along, helper)
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    return one, np.cross(along, one)


def _length(vector: FloatArray) -> float:
    return float(np.linalg.norm(vector))

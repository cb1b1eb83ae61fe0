"""Find the plane of a volume that an image shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.proposals import (
    Proposal,
    Refusal,
    Watch,
)
from tiepoint.registration.automatic.slice_level import MOST_POINTS, Climb, PlanePose, SliceLevel
from tiepoint.registration.automatic.slice_polish import polished
from tiepoint.registration.automatic.slice_scan import Near, all_orientations, scan_poses
from tiepoint.registration.automatic.slice_spots import poses_from_spots
from tiepoint.registration.automatic.slice_verdict import Found, judged
from tiepoint.registration.automatic.slice_volume import Volume, read_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

SCAN_SIDE = 36
"""Cells along the longest side of the volume in the coarse search."""
SPOT_CELLS = 40
"""Cells along the image's shorter side, at most, when looking for spots."""
LEAST_CELLS = 10
"""Least number of cells along the image's shorter side."""
CANDIDATES = 40
FINEST_TRIES = 1600
MOST_LOSS = 0.01
"""Share of the score that the last step, where detail does not count, may lose."""
FINEST_SIDE = 320
OVERSAMPLED = 2.0
"""How much finer than the volume's cells the image is compared at last: a smoother score."""
BATCH = 8
SAME_WITHIN = 0.06
"""Poses closer than this share of the image's diagonal are one."""


@dataclass(frozen=True)
class _Plan:
    """How much is tried.

    Attributes
    ----------
    first, last
        The coarse search's cells over those at which poses are climbed, and compared at last.
    points
        Most pixels that are compared in the first climbs.
    starts, finalists
        Poses that are climbed from, and that are compared at last.
    tries
        Scores that one climb may try: the starts, the leaders, the finalists.
    by_slope
        Whether the last step follows the slope of the grey values' information alone; else detail
        is asked, too, which takes a copy of the volume.
    """

    first: float
    last: float
    points: int
    starts: int
    finalists: int
    tries: tuple[int, int, int]
    by_slope: bool


ANYWHERE = _Plan(1.5, 4.0, MOST_POINTS, 200, 30, (160, 480, 400), False)
NEARBY = _Plan(2.0, 2.0, 800, 16, 16, (120, 240, 240), True)


def find_slice(
    image: AnyArray,
    volume: AnyArray,
    image_pixel: float | Sequence[float],
    voxel: float | Sequence[float],
    *,
    scale_tolerance: float = 0.03,
    near: Affine | None = None,
    reach: float | None = None,
    reach_deg: float = 20.0,
    image_mask: AnyArray | None = None,
    volume_mask: AnyArray | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Proposal | Refusal:
    """Find where in a volume an image's plane lies, whatever the two signals are.

    Every orientation is tried at every place of a small copy of the volume (correlation ratio),
    as far as the image is not too small for that, and every plane through two spots of the volume
    that lie apart like two of the image (correlation of detail). The best are refined at finer
    and finer resolution (normalised mutual information).

    Parameters
    ----------
    image
        (y, x); NaN is masked.
    volume
        (z, y, x).
    image_pixel, voxel
        Spacings in one unit, per axis in axis order or one for all.
    scale_tolerance
        By how much the declared pixel sizes may be wrong relative to each other; 0: exact.
    near
        Image index → volume index, where the plane is roughly known; needed for an image that
        is small against the volume.
    reach, reach_deg
        How far `near` may be off: physical (default a quarter of the image's width) and degrees.
    image_mask, volume_mask
        True where a pixel may be used.
    seed
        Of the random choices: the same seed gives the same answer.

    Returns
    -------
    Proposal or Refusal
        ``moving_to_fixed`` maps image index (y, x) to volume index (z, y, x); the score is
        normalised mutual information less 1. Rivals are ranked, and those that show the same
        plane from its other side say so. A refusal where no plane stands out.

    References
    ----------
    Coarse scores: Roche et al., LNCS 1496:1115, 1998; fine ones: Studholme et al., Pattern
    Recognit. 32:71, 1999; minimiser: Powell, Comput. J. 7:155, 1964.
    """
    watch = Watch(progress, cancel)
    picture = read_image(image, "slice", mask=image_mask)
    if isinstance(picture, Refusal):
        return picture
    block = read_volume(volume, volume_mask)
    if isinstance(block, Refusal):
        return block
    pixels = np.array(np.broadcast_to(np.asarray(image_pixel, float), (2,)))
    voxels = np.array(np.broadcast_to(np.asarray(voxel, float), (3,)))
    sizes = np.concatenate([pixels, voxels])
    if not (np.isfinite(sizes).all() and (sizes > 0).all() and 0 <= scale_tolerance < 0.5):
        return Refusal("bad_input", "Pixel sizes must be positive and the scale known to 50 %.")
    search = _Search(picture, block, pixels, voxels, scale_tolerance, seed, watch)
    return search.run(near, reach, reach_deg)


class _Search:
    def __init__(
        self,
        image: Gray,
        volume: Volume,
        pixel: FloatArray,
        voxel: FloatArray,
        scale_tolerance: float,
        seed: int,
        watch: Watch,
    ) -> None:
        self._image, self._volume = image, volume
        self._pixel, self._voxel = pixel, voxel
        self._tolerance = scale_tolerance
        self._seed, self._watch = seed, watch
        self._extent = np.array(volume.shape) * voxel
        self._half = np.array(image.values.shape) * pixel / 2
        self._arm = float(np.linalg.norm(self._half)) * 0.7
        self._diagonal = 2 * float(np.linalg.norm(self._half))
        self._finest = max(
            float(voxel.min()), float(self._extent.max()) / FINEST_SIDE, float(pixel.min())
        )

    def run(self, near: Affine | None, reach: float | None, reach_deg: float) -> Proposal | Refusal:
        cell = min(float(self._extent.max()) / SCAN_SIDE, 2 * self._half.min() / LEAST_CELLS)
        cell = max(cell, float(self._voxel.min()), float(self._pixel.min()))
        if 2 * self._half.min() / cell < 0.75 * LEAST_CELLS:
            return Refusal(
                "too_small",
                "The image covers only a few voxels of the volume: too few to recognise a plane.",
            )
        guess = None if near is None else self._near(near, reach, reach_deg)
        self._watch.at(0.0, "preparing")
        around: list[PlanePose] = []
        if guess is not None:
            around = self._scan(cell, guess, self._watch.part(0.0, 0.02))
            if around:
                answer = self._climb(cell, around, NEARBY, self._watch.part(0.02, 0.1))
                if isinstance(answer, Proposal) and not answer.warnings:
                    return answer
        through_spots = self._by_spots(guess)
        if through_spots:
            answer = self._climb(cell, through_spots, ANYWHERE, self._watch.part(0.25, 0.5))
            if isinstance(answer, Proposal) and not answer.warnings:
                return answer
        anywhere = through_spots + (around or self._scan(cell, guess, self._watch.part(0.5, 0.6)))
        if not anywhere:
            return Refusal("no_overlap", "Nowhere does enough of the image lie inside the volume.")
        return self._climb(cell, anywhere, ANYWHERE, self._watch.part(0.6, 1.0))

    def _near(self, near: Affine, reach: float | None, reach_deg: float) -> Near:
        linear = self._voxel[:, None] * near.linear / self._pixel
        left, sizes, right = np.linalg.svd(linear, full_matrices=False)
        frame = left @ right
        turn = np.column_stack([frame, np.cross(frame[:, 0], frame[:, 1])])
        middle = (np.array(self._image.values.shape) - 1) / 2
        centre = self._voxel * near(middle[None])[0]
        scale = float(np.clip(sizes.mean(), 1 - self._tolerance, 1 + self._tolerance))
        return Near(
            PlanePose(turn, centre, scale), reach or 0.5 * float(self._half.max()), reach_deg
        )

    def _level(
        self, cell: float, oversampled: float = 1.0, points: int = MOST_POINTS
    ) -> SliceLevel:
        return SliceLevel(
            self._image, self._volume, self._pixel, self._voxel, cell, self._seed, oversampled,
            points,
        )  # fmt: skip

    def _by_spots(self, guess: Near | None) -> list[PlanePose]:
        level = self._level(max(self._finest, 2 * float(self._half.min()) / SPOT_CELLS))
        watch = self._watch.part(0.1, 0.25)
        return poses_from_spots(level, guess, self._tolerance, self._seed, watch)

    def _scan(self, cell: float, guess: Near | None, watch: Watch) -> list[PlanePose]:
        """Try every orientation at every place, unless the image is too small for that."""
        try:
            return scan_poses(self._level(cell), guess, self._seed, watch)
        except ValueError:
            return []

    def _climb(
        self, cell: float, scanned: list[PlanePose], plan: _Plan, watch: Watch
    ) -> Proposal | Refusal:
        level = self._level(max(cell / plan.first, self._finest), points=plan.points)
        first = [Found(pose, level.score(pose)) for pose in scanned]
        first = sorted(first, key=_worse)[: 3 * plan.starts]
        starts = self._distinct(first, 0.5)[: plan.starts]
        rigid = [Climb(self._arm, None, tries) for tries in plan.tries[:2]]
        full = Climb(self._arm, self._limit, plan.tries[2])
        tried = self._refined(level, starts, rigid[0], watch.part(0.0, 0.4))
        if not tried:
            return Refusal("not_significant", "No plane of the volume resembles the image.")
        leaders = self._distinct(tried)[:CANDIDATES]
        leaders += [Found(pose, 0.0) for pose in _other_sides(leaders[0].pose)]
        leaders += self._elsewhere(level, CANDIDATES - len(leaders))
        leaders = self._refined(level, leaders, rigid[1], watch.part(0.4, 0.6))
        leaders = self._distinct(leaders)[: plan.finalists]
        level = self._level(max(self._finest, cell / plan.last), OVERSAMPLED)
        finals = self._refined(level, leaders, full, watch.part(0.6, 0.9))
        finals = self._distinct(finals)
        watch.at(0.9, "refining")
        pose = self._finished(level, finals[0].pose, plan)
        return judged(pose, finals, self._tolerance, self._to_index)

    def _elsewhere(self, level: SliceLevel, count: int) -> list[Found]:
        """Return random planes: what a wrong place scores once it is refined."""
        rng = np.random.default_rng(self._seed)
        turns = all_orientations(500)
        found: list[Found] = []
        for i in rng.permutation(len(turns)):
            if len(found) >= count:
                break
            pose = PlanePose(turns[i], self._extent * rng.uniform(0.25, 0.75, 3))
            score = level.score(pose)
            if score > 0:
                found.append(Found(pose, score))
        return found

    def _finished(self, level: SliceLevel, pose: PlanePose, plan: _Plan) -> PlanePose:
        """Return the pose at full resolution."""
        if level.cell > 1.01 * self._finest:
            level = self._level(self._finest, OVERSAMPLED)
        climb = Climb(self._arm, self._limit, FINEST_TRIES)
        if plan.by_slope and (near := polished(level, pose, climb, self._seed)) is not None:
            return near
        [(pose, score)] = level.climbed([pose], climb)
        better = polished(level, pose, climb, self._seed)
        if better is None or level.score(better) < (1 - MOST_LOSS) * score:
            return pose
        return better

    @property
    def _limit(self) -> float | None:
        return float(np.log1p(self._tolerance)) if self._tolerance > 0 else None

    def _refined(
        self, level: SliceLevel, starts: list[Found], climb: Climb, watch: Watch
    ) -> list[Found]:
        found: list[Found] = []
        for first in range(0, len(starts), BATCH):
            watch.at(first / len(starts), "refining the best poses")
            poses = [one.pose for one in starts[first : first + BATCH]]
            found += [Found(*better) for better in level.climbed(poses, climb, watch.cancel)]
        return sorted((one for one in found if one.score > 0), key=_worse)

    def _distinct(self, found: list[Found], factor: float = 1.0) -> list[Found]:
        """Return the best of every group of poses that lie close together, best first."""
        ranked = sorted(found, key=_worse)
        corners = np.array([one.pose.corners(self._half) for one in ranked]).reshape(-1, 5, 3)
        least = factor * SAME_WITHIN * self._diagonal
        kept: list[int] = []
        for number, here in enumerate(corners):
            apart = np.sqrt(((corners[kept] - here) ** 2).sum(axis=2).mean(axis=1))
            if (apart > least).all():
                kept.append(number)
        return [ranked[number] for number in kept]

    def _to_index(self, pose: PlanePose) -> Affine:
        linear = pose.scale * pose.turn[:, :2] * self._pixel / self._voxel[:, None]
        middle = (np.array(self._image.values.shape) - 1) / 2
        return Affine(linear, pose.centre / self._voxel - linear @ middle)


def _other_sides(pose: PlanePose) -> list[PlanePose]:
    """Return the same plane with the image turned over about x, about y, and upside down."""
    signs = ((-1, 1, -1), (1, -1, -1), (-1, -1, 1))
    return [PlanePose(pose.turn * np.array(s, float), pose.centre, pose.scale) for s in signs]


def _worse(one: Found) -> float:
    return -one.score

"""Two volumes of one sample: rigid registration by mutual information from many starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.mattes import optimise, simple_itk
from tiepoint.registration.automatic.nmi import binned, mutual_information
from tiepoint.registration.automatic.polish import Polish, rigid_freedom
from tiepoint.registration.automatic.pose_search import LEAST_GAIN, Pose, PoseSearch
from tiepoint.registration.automatic.proposals import Proposal, Refusal, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.registration.automatic.polish import Freedom
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

SIDES = (32, 64, 128)
"""Longest side of the volumes at each stage, in voxels; the last stage is the finest compared."""
SAMPLES = (4000, 12000, 40000)
ROUNDS = (40, 60, 60)
LEAST_OVERLAP = 0.3
NEAR_WITHIN = 0.25
"""A pose that was known roughly moves by less than this share of the volume's side."""


def register_rigid_volumes(
    fixed: AnyArray,
    moving: AnyArray,
    *,
    fixed_voxel: Sequence[float],
    moving_voxel: Sequence[float],
    near: Affine | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Proposal | Refusal:
    """Register two volumes of the same sample that need not look alike.

    The centres of mass are laid on each other in the 24 orientations of a cube; each is optimised
    at coarse resolution, and the best goes on to finer ones. A mirrored volume is not looked for.

    Parameters
    ----------
    fixed, moving
        (z, y, x) values; NaN is masked.
    fixed_voxel, moving_voxel
        (z, y, x) edges of a voxel in one unit.
    near
        Moving index → fixed index, rigid in space, where the search begins and stays close to;
        ``None``: all orientations are tried.
    seed
        Of the random samples: the same seed gives the same answer.

    Returns
    -------
    Proposal or Refusal
        The map of indices is rigid in space. The score is normalised mutual information (1 to 2,
        Studholme) less 1, over the overlap at coarse resolution. A refusal where several poses
        score alike, as for a sample with a symmetry.

    References
    ----------
    Mattes et al., IEEE Trans. Med. Imaging 22:120, 2003.
    """
    grays = []
    for values, which in ((fixed, "fixed"), (moving, "moving")):
        gray = read_image(values, which, ndim=3)
        if isinstance(gray, Refusal):
            return gray
        grays.append(gray)
    voxels = [np.asarray(v, float) for v in (fixed_voxel, moving_voxel)]
    if not all(v.shape == (3,) and np.isfinite(v).all() and (v > 0).all() for v in voxels):
        return Refusal("bad_input", "The voxel sizes must be three lengths greater than zero.")
    watch = Watch(progress, cancel)
    bodies = [_Body(gray, voxel) for gray, voxel in zip(grays, voxels, strict=True)]
    search = _VolumeSearch(bodies[0], bodies[1], max(1, seed), watch)
    return search.run() if near is None else search.run_near(near)


@dataclass(frozen=True, eq=False)
class _Body:
    """A volume at one resolution; its places are index times voxel at full resolution."""

    gray: Gray
    voxel: FloatArray
    factors: tuple[int, ...] = (1, 1, 1)

    @property
    def step(self) -> FloatArray:
        return np.asarray(self.voxel * self.factors)

    @property
    def start(self) -> FloatArray:
        """Place of the middle of voxel 0."""
        return np.asarray(self.voxel * (np.array(self.factors) - 1) / 2)

    @property
    def to_place(self) -> Affine:
        return Affine(np.diag(self.step), self.start)

    @property
    def size(self) -> float:
        """Longest side, in the unit of the voxel."""
        return float((np.array(self.gray.values.shape) * self.step).max())

    def reduced(self, step: float) -> _Body:
        """Return blocks of about `step` along every axis, eight of them at least."""
        factors = tuple(
            max(1, min(int(step / v + 1e-9), n // 8))
            for v, n in zip(self.voxel, self.gray.values.shape, strict=True)
        )
        return _Body(self.gray.reduced(factors), self.voxel, factors)

    def centre_of_mass(self) -> FloatArray:
        """Return the place (z, y, x) of the middle of what differs from the border."""
        edge = np.ones(self.gray.mask.shape, bool)
        edge[1:-1, 1:-1, 1:-1] = False
        border = self.gray.values[edge & self.gray.mask]
        ground = float(np.median(border if border.size else self.gray.values[self.gray.mask]))
        mass = np.abs(self.gray.values - ground) * self.gray.mask
        grid = np.indices(mass.shape).reshape(3, -1)
        total = float(mass.sum())
        index = grid @ mass.ravel() / total if total > 0 else (np.array(mass.shape) - 1) / 2
        return np.asarray(self.to_place(np.asarray(index, float)[None])[0])

    @cached_property
    def image(self) -> tuple[Any, Any]:
        """Return the volume and its mask (``None`` where all is known) for SimpleITK."""
        library = simple_itk()
        made = []
        for values in (self.gray.values.astype(np.float32), self.gray.mask.astype(np.uint8)):
            one = library.GetImageFromArray(values)
            one.SetSpacing(self.step[::-1].tolist())
            one.SetOrigin(self.start[::-1].tolist())
            made.append(one)
        return made[0], None if self.gray.whole else made[1]


class _VolumeSearch(PoseSearch):
    """Rigid poses; places are in the unit of the voxels."""

    things, pixels = "volumes", "voxel"

    def __init__(self, fixed: _Body, moving: _Body, seed: int, watch: Watch) -> None:
        ends = (np.array(fixed.gray.values.shape) - 1) * fixed.voxel
        super().__init__(ends, fixed.size, float(fixed.voxel.min()), seed, watch)
        self._bodies = fixed, moving
        longest = max(fixed.size, moving.size)
        self._levels = [tuple(b.reduced(longest / side) for b in self._bodies) for side in SIDES]
        coarse = self._levels[0]
        self._bins = binned(coarse[0].gray.values, coarse[0].gray.mask)
        self._centres = coarse[0].centre_of_mass(), coarse[1].centre_of_mass()

    def run_near(self, moving_to_fixed: Affine) -> Proposal | Refusal:
        """Refine a pose that is known roughly, given as indices."""
        fixed, moving = self._bodies
        start = fixed.to_place.after(moving_to_fixed).after(moving.to_place.inverse()).inverse()
        left, _, right = np.linalg.svd(start.linear)
        start = Affine(left @ right, start.offset)
        end = self._optimised(start, 0, self._seed)
        pose = None if end is None else self._judged(end)
        if pose is None or self.apart(pose.fixed_to_moving, start) > NEAR_WITHIN:
            return Refusal(
                "no_convergence", "The volumes do not fit near the present registration."
            )
        if pose.gain < LEAST_GAIN:
            return Refusal("not_significant", "The volumes share hardly any information.")
        return self.finished(pose, "Begun at the present registration;", ())

    def tried(self) -> Iterator[Pose]:
        """Begin with the centres of mass on each other, in the orientations of a cube."""
        orientations = list(_cube_rotations())
        for number, turn in enumerate(orientations):
            self._watch.at(0.6 * number / len(orientations), "trying orientations")
            start = Affine(turn, self._centres[1] - turn @ self._centres[0])
            end = self._optimised(start, 0, self._seed)
            pose = None if end is None else self._judged(end)
            if pose is not None:
                yield pose

    def refined(self, place: Affine, seed: int, watch: Watch) -> Affine | None:
        """Go by way of a middle resolution to the finest that is compared."""
        found: Affine | None = place
        for stage in (1, 2):
            watch.at((stage - 1) / 2, "refining")
            if found is not None:
                found = self._optimised(found, stage, seed)
        return found

    def summit(self) -> tuple[Polish, Freedom]:
        """Return the climb at the finest resolution that is compared, by turns and shifts."""
        fixed, moving = self._levels[-1]
        polish = Polish(fixed.gray, moving.gray, fixed.to_place, moving.to_place)
        return polish, rigid_freedom(self._centres[0], self._side / 2)

    def between(self, one: Affine, other: Affine) -> Affine:
        """Return the rigid pose between two close ones."""
        left, _, right = np.linalg.svd((one.linear + other.linear) / 2)
        return Affine(left @ right, (one.offset + other.offset) / 2)

    def _optimised(self, start: Affine, stage: int, seed: int) -> Affine | None:
        fixed, moving = self._levels[stage]
        share = min(1.0, SAMPLES[stage] / fixed.gray.values.size)
        return _optimise(
            fixed, moving, start, self._centres[0],
            rounds=ROUNDS[stage], share=share, seed=seed, watch=self._watch,
        )  # fmt: skip

    def _judged(self, fixed_to_moving: Affine) -> Pose | None:
        """Return a pose with its score over the whole coarse grid, where enough overlaps."""
        from scipy import ndimage

        fixed, moving = self._levels[0]
        to_moving = moving.to_place.inverse().after(fixed_to_moving).after(fixed.to_place)
        shape = fixed.gray.values.shape
        place = to_moving(np.indices(shape).reshape(3, -1).T.astype(float))
        near = np.rint(place).astype(int)
        inside = ((near >= 0) & (near < moving.gray.values.shape)).all(axis=1)
        known = inside & fixed.gray.mask.ravel()
        known[inside] &= moving.gray.mask[tuple(near[inside].T)]
        smaller = min(fixed.gray.mask.sum(), _common_voxels(fixed, moving))
        if known.sum() < LEAST_OVERLAP * smaller:
            return None
        values = ndimage.map_coordinates(
            moving.gray.values, place[known].T, order=1, mode="nearest"
        )
        second = binned(values, np.ones(len(values), bool))
        score = mutual_information(self._bins.ravel()[known], second)[1]
        return Pose(fixed_to_moving, score - 1)

    def indices(self, fixed_to_moving: Affine) -> Affine:
        """Return moving index → fixed index."""
        fixed, moving = self._bodies
        return fixed.to_place.inverse().after(fixed_to_moving.inverse()).after(moving.to_place)

    def note(self, fixed_to_moving: Affine) -> str:
        """Return the angle of the turn."""
        trace = float(np.trace(fixed_to_moving.linear))
        return f"turned by {np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))):.0f}°"


def _cube_rotations() -> Iterator[FloatArray]:
    """Yield the 24 rotations that lay the axes on each other, the identity first."""
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            matrix = np.eye(3)[list(order)] * np.array(signs)[:, None]
            if np.linalg.det(matrix) > 0:
                yield matrix


def _common_voxels(fixed: _Body, moving: _Body) -> float:
    """Return how many fixed voxels the moving volume fills."""
    return float(moving.gray.mask.sum() * np.prod(moving.step) / np.prod(fixed.step))


def _optimise(
    fixed: _Body,
    moving: _Body,
    start: Affine,
    centre: FloatArray,
    *,
    rounds: int,
    share: float,
    seed: int,
    watch: Watch,
) -> Affine | None:
    """Return fixed place → moving place near `start`, or ``None`` where it gets lost."""
    transform = simple_itk().VersorRigid3DTransform()
    transform.SetCenter(centre[::-1].tolist())
    transform.SetMatrix(start.linear[::-1, ::-1].ravel().tolist(), 1e-6)
    transform.SetTranslation((start(centre[None])[0] - centre)[::-1].tolist())
    images, masks = zip(fixed.image, moving.image, strict=True)
    step = float(fixed.step.max())
    if not optimise(
        images, masks, transform, step=step, rounds=rounds, share=share, seed=seed, watch=watch
    ):
        return None
    linear = np.array(transform.GetMatrix()).reshape(3, 3)[::-1, ::-1]
    away = np.array(transform.GetTranslation())[::-1]
    return Affine(linear, centre + away - linear @ centre)

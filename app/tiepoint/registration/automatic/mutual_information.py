"""Two images of different kinds: affine registration by mutual information from many starts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.mattes import Level, MattesLevel
from tiepoint.registration.automatic.nmi import binned, mutual_information
from tiepoint.registration.automatic.polish import Polish, affine_freedom
from tiepoint.registration.automatic.pose_search import Pose, PoseSearch
from tiepoint.registration.automatic.proposals import Proposal, Refusal, Watch
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.registration.automatic.polish import Freedom
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

SEARCH_SIDE = 96
MIDDLE_SIDE = 256
SEARCH_SAMPLES, MIDDLE_SAMPLES, FINE_SAMPLES = 3000, 8000, 10000
LEAST_OVERLAP = 0.4
MOST_STRETCH = 1.6


def register_affine(
    fixed: AnyArray,
    moving: AnyArray,
    *,
    fixed_pixel: float = 1.0,
    moving_pixel: float = 1.0,
    fixed_mask: AnyArray | None = None,
    moving_mask: AnyArray | None = None,
    turns_deg: Sequence[float] = tuple(range(0, 360, 15)),
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Proposal | Refusal:
    """Register two images of the same area that need not look alike.

    Parameters
    ----------
    fixed, moving
        (y, x) values or (y, x, 3 or 4) colours; NaN is masked.
    fixed_pixel, moving_pixel
        Pixel sizes in one unit: their ratio is where the search for the scale begins.
    fixed_mask, moving_mask
        True where a pixel may be used.
    turns_deg
        Starting rotations; fewer where the rotation is roughly known. The search never mirrors.
    seed
        Of the random samples: the same seed gives the same answer.

    Returns
    -------
    Proposal or Refusal
        The score is normalised mutual information (1 to 2, Studholme) less 1, over the overlap
        at coarse resolution, with what chance gives taken away. A refusal where several poses
        score alike.

    References
    ----------
    Mattes et al., IEEE Trans. Med. Imaging 22:120, 2003.
    """
    watch = Watch(progress, cancel)
    images = []
    for image, mask, which in ((fixed, fixed_mask, "fixed"), (moving, moving_mask, "moving")):
        gray = read_image(image, which, mask=mask)
        if isinstance(gray, Refusal):
            return gray
        images.append(gray)
    ratio = moving_pixel / fixed_pixel if fixed_pixel > 0 else 0.0
    if not (np.isfinite(ratio) and ratio > 0):
        return Refusal("bad_input", "The pixel sizes must be greater than zero.")
    return _ImageSearch(images[0], images[1], ratio, turns_deg, seed, watch).run()


class _ImageSearch(PoseSearch):
    """Affine poses; places are in pixels of the fixed image."""

    things, pixels = "images", "px"
    advice = "click pairs, or limit the starting rotations"

    def __init__(
        self,
        fixed: Gray,
        moving: Gray,
        ratio: float,
        turns_deg: Sequence[float],
        seed: int,
        watch: Watch,
    ) -> None:
        size = np.array(fixed.values.shape, float)
        super().__init__(size - 1, float(size.max()), ratio, seed, watch)
        self._images = fixed, moving
        self._ratio = ratio
        self._turns_deg = turns_deg
        self._centre = _centre_of_mass(fixed)
        self._coarse = self._level(SEARCH_SIDE)
        self._bins = [binned(g.values, g.mask) for g in (self._coarse.fixed, self._coarse.moving)]

    def _level(self, side: int) -> Level:
        fixed, moving = self._images
        pixel = max(max(fixed.values.shape), max(moving.values.shape) * self._ratio) / side
        pixel = max(pixel, 1.0, self._ratio)
        wanted = [max(1, round(pixel)), max(1, round(pixel / self._ratio))]
        factors = [
            min(f, max(1, min(g.values.shape) // 16))
            for f, g in zip(wanted, self._images, strict=True)
        ]
        return Level(
            fixed.reduced(factors[0]),
            moving.reduced(factors[1]),
            (factors[0], factors[1]),
            self._ratio,
        )

    def tried(self) -> Iterator[Pose]:
        """Begin with the centres of mass on each other, at every turn."""
        level = _blurred(self._coarse, 1.0)
        optimiser = MattesLevel(level, SEARCH_SAMPLES)
        moving_centre = _centre_of_mass(self._images[1]) * self._ratio
        for number, turn in enumerate(self._turns_deg):
            self._watch.at(0.45 * number / len(self._turns_deg), f"starting at {turn:g}°")
            start = _turned(np.radians(turn), self._centre, moving_centre)
            end = optimiser.optimise(
                start,
                "similarity",
                self._centre,
                rounds=60,
                seed=self._seed,
                watch=self._watch,
            )
            one = None if end is None else self._judged(end)
            if one is not None:
                yield one

    def compared(self, leaders: list[Pose]) -> list[Pose]:
        """Let the best ones stretch and shear as well."""
        optimiser = MattesLevel(self._coarse, 2 * SEARCH_SAMPLES)
        found = []
        for number, one in enumerate(leaders):
            self._watch.at(0.45 + 0.15 * number / len(leaders), "comparing the best poses")
            end = optimiser.optimise(
                one.fixed_to_moving,
                "affine",
                self._centre,
                rounds=80,
                seed=self._seed,
                watch=self._watch,
            )
            better = None if end is None else self._judged(end)
            found.append(one if better is None or better.gain < one.gain else better)
        return found

    def refined(self, place: Affine, seed: int, watch: Watch) -> Affine | None:
        """Go by way of a middle resolution to single pixels."""
        watch.at(0.0, "refining")
        found: Affine | None = place
        for optimiser, rounds in ((self._middle, 80), (self._fine, 30)):
            if found is not None:
                found = optimiser.optimise(
                    found, "affine", self._centre, rounds=rounds, seed=seed, watch=watch
                )
        return found

    @cached_property
    def _middle(self) -> MattesLevel:
        return MattesLevel(self._level(MIDDLE_SIDE), MIDDLE_SAMPLES)

    @cached_property
    def _fine(self) -> MattesLevel:
        return MattesLevel(Level(*self._images, (1, 1), self._ratio), FINE_SAMPLES)

    def summit(self) -> tuple[Polish, Freedom]:
        """Return the climb on the finest pixels that both images have, by all linear maps."""
        side = max(self._images[0].values.shape)
        finest = self._level(side)
        polish = Polish(finest.fixed, finest.moving, finest.to_place(0), finest.to_place(1))
        return polish, affine_freedom(self._centre, side / 2)

    def doubts(self, fixed_to_moving: Affine) -> list[FitWarning]:
        """Tell of a stretch."""
        stretch = np.linalg.svd(fixed_to_moving.linear, compute_uv=False)
        if stretch[0] / stretch[1] <= 1.1:
            return []
        words = (
            f"The images differ by {stretch[0] / stretch[1] - 1:.0%} in stretch between two"
            " directions: is one of them tilted?"
        )
        return [FitWarning("stretched", words)]

    def indices(self, fixed_to_moving: Affine) -> Affine:
        """Return moving index → fixed index."""
        return fixed_to_moving.inverse().after(Affine.scaling(np.full(2, self._ratio), np.zeros(2)))

    def note(self, fixed_to_moving: Affine) -> str:
        """Return the turn from moving to fixed."""
        linear = fixed_to_moving.inverse().linear
        turn = np.degrees(np.arctan2(linear[0, 1] - linear[1, 0], linear[0, 0] + linear[1, 1]))
        return f"turned by {turn:.0f}° (x towards y)"

    def _judged(self, fixed_to_moving: Affine) -> Pose | None:
        """Return a pose with its score over the whole coarse grid, if it is a likely one."""
        stretch = np.linalg.svd(fixed_to_moving.linear, compute_uv=False)
        if stretch[0] > MOST_STRETCH or stretch[1] < 1 / MOST_STRETCH:
            return None
        from scipy import ndimage

        level = self._coarse
        to_moving = level.index_map(fixed_to_moving)
        shape = level.fixed.values.shape
        grid = np.indices(shape).reshape(2, -1).T
        place = to_moving(grid.astype(float))
        near = np.rint(place).astype(int)
        inside = ((near >= 0) & (near < level.moving.values.shape)).all(axis=1)
        near = near[inside]
        known = level.moving.mask[near[:, 0], near[:, 1]]
        known &= level.fixed.mask.ravel()[inside]
        smaller = min(level.fixed.mask.sum(), level.moving.mask.sum())
        if known.sum() < LEAST_OVERLAP * smaller:
            return None
        values = ndimage.map_coordinates(
            level.moving.values, place[inside][known].T, order=1, mode="nearest"
        )
        second = self._rebinned(values)
        first = self._bins[0].ravel()[inside][known]
        return Pose(fixed_to_moving, mutual_information(first, second)[1] - 1)

    def _rebinned(self, values: FloatArray) -> AnyArray:
        gray = self._coarse.moving
        together = np.concatenate([gray.values[gray.mask], values])
        known = np.zeros(len(together), bool)
        known[: int(gray.mask.sum())] = True
        return binned(together, known)[len(together) - len(values) :]


def _centre_of_mass(image: Gray) -> FloatArray:
    """Return the centre (y, x) of what differs from the border: tissue on a bright slide too."""
    edge = np.ones(image.mask.shape, bool)
    edge[1:-1, 1:-1] = False
    border = image.values[edge & image.mask]
    ground = float(np.median(border if border.size else image.values[image.mask]))
    mass = np.abs(image.values - ground) * image.mask
    total = float(mass.sum())
    if total == 0:
        return np.asarray((np.array(mass.shape) - 1) / 2)
    y, x = np.arange(mass.shape[0]), np.arange(mass.shape[1])
    return np.array([mass.sum(axis=1) @ y, mass.sum(axis=0) @ x]) / total


def _turned(angle: float, centre: FloatArray, moving_centre: FloatArray) -> Affine:
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return Affine(linear, moving_centre - linear @ centre)


def _blurred(level: Level, sigma: float) -> Level:
    from scipy import ndimage

    fixed, moving = (
        Gray(ndimage.gaussian_filter(g.values, sigma), g.mask) for g in (level.fixed, level.moving)
    )
    return Level(fixed, moving, level.factors, level.ratio)

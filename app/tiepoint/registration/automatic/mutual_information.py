"""Two images of different kinds: affine registration by mutual information from many starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.mattes import Level, MattesLevel
from tiepoint.registration.automatic.nmi import binned, mutual_information
from tiepoint.registration.automatic.polish import Polish, affine_freedom
from tiepoint.registration.automatic.proposals import (
    Proposal,
    Refusal,
    Rival,
    Watch,
    chance_of_lead,
    lead_of,
)
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

SEARCH_SIDE = 96
MIDDLE_SIDE = 256
SEARCH_SAMPLES, MIDDLE_SAMPLES, FINE_SAMPLES = 3000, 8000, 25000
FINALISTS = 4
LEAST_OVERLAP = 0.4
LEAST_LEAD = 0.25
"""See `tiepoint.registration.automatic.proposals.lead_of`."""
MOST_CHANCE = 0.02
"""Largest probability of such a lead among wrong poses."""
LEAST_GAIN = 0.01
STEADY_WITHIN = 0.03
"""Largest difference of two runs, as a share of the image's side."""
SAME_WITHIN = 0.08
"""Two answers are one where they differ by less than this share of the image's side."""
MOST_STRETCH = 1.6


@dataclass(frozen=True, eq=False)
class _Candidate:
    fixed_to_moving: Affine
    gain: float


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
    return _Search(images[0], images[1], ratio, seed, watch).run(turns_deg)


class _Search:
    def __init__(self, fixed: Gray, moving: Gray, ratio: float, seed: int, watch: Watch) -> None:
        self._images = fixed, moving
        self._ratio = ratio
        self._seed = max(1, seed)
        self._watch = watch
        self._centre = _centre_of_mass(fixed)
        self._coarse = self._level(SEARCH_SIDE)
        self._bins = [binned(g.values, g.mask) for g in (self._coarse.fixed, self._coarse.moving)]

    def run(self, turns_deg: Sequence[float]) -> Proposal | Refusal:
        tried = self._try_all(turns_deg)
        if not tried:
            return Refusal(
                "no_convergence", "No start led to an overlap of the two images: click pairs."
            )
        distinct = self._distinct(tried)
        finals = self._polished(distinct[:FINALISTS])
        if not finals:
            return Refusal("no_convergence", "The images could not be registered: click pairs.")
        best = finals[0]
        gains = _gains([*finals, *distinct[FINALISTS:]])
        lead, chance = lead_of(gains), chance_of_lead(gains)
        rivals = tuple(self._rival(one) for one in finals[1:])
        if best.gain < LEAST_GAIN:
            return Refusal(
                "not_significant",
                "The images share hardly any information: they may show different places.",
                rivals,
            )
        if lead < LEAST_LEAD or chance > MOST_CHANCE:
            return Refusal(
                "ambiguous",
                f"{_alike(finals)} poses score alike, so the images alone do not decide: "
                "click pairs, or limit the starting rotations.",
                (self._rival(best), *rivals),
            )
        return self._finish(best, lead, rivals)

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

    def _try_all(self, turns_deg: Sequence[float]) -> list[_Candidate]:
        level = _blurred(self._coarse, 1.0)
        optimiser = MattesLevel(level, SEARCH_SAMPLES)
        moving_centre = _centre_of_mass(self._images[1]) * self._ratio
        found = []
        for number, turn in enumerate(turns_deg):
            self._watch.at(0.6 * number / len(turns_deg), f"starting at {turn:g}°")
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
                found.append(one)
        return found

    def _polished(self, leaders: list[_Candidate]) -> list[_Candidate]:
        optimiser = MattesLevel(self._coarse, 2 * SEARCH_SAMPLES)
        found = []
        for number, one in enumerate(leaders):
            self._watch.at(0.6 + 0.15 * number / len(leaders), "comparing the best poses")
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
        return self._distinct(found)

    def _finish(
        self, best: _Candidate, lead: float, rivals: tuple[Rival, ...]
    ) -> Proposal | Refusal:
        ends = []
        middle = MattesLevel(self._level(MIDDLE_SIDE), MIDDLE_SAMPLES)
        fine = MattesLevel(Level(*self._images, (1, 1), self._ratio), FINE_SAMPLES)
        finest = self._level(max(self._images[0].values.shape))
        polish = Polish(finest.fixed, finest.moving, finest.to_place(0), finest.to_place(1))
        freedom = affine_freedom(self._centre, max(self._images[0].values.shape) / 2)
        for run in (0, 1):
            self._watch.at(0.75 + 0.12 * run, "refining")
            place: Affine | None = best.fixed_to_moving
            for optimiser, rounds in ((middle, 80), (fine, 30)):
                if place is not None:
                    place = optimiser.optimise(
                        place,
                        "affine",
                        self._centre,
                        rounds=rounds,
                        seed=self._seed + run,
                        watch=self._watch,
                    )
            if place is not None and self._apart(place, best.fixed_to_moving) < SAME_WITHIN:
                watch = self._watch.part(0.82 + 0.12 * run, 0.87 + 0.12 * run)
                ends.append(polish.climb(place, freedom, seed=self._seed + run, watch=watch))
        self._watch.at(1.0)
        if len(ends) < 2:
            return Refusal(
                "no_convergence",
                "A coarse pose was found but it does not hold at full resolution: click pairs.",
                rivals,
            )
        if self._apart(ends[0], ends[1]) > STEADY_WITHIN:
            return Refusal(
                "not_significant",
                "Two runs with different samples end at different places: the images share too "
                "little information. Click pairs.",
                rivals,
            )
        mean = Affine((ends[0].linear + ends[1].linear) / 2, (ends[0].offset + ends[1].offset) / 2)
        spread = self._apart(ends[0], ends[1]) * max(self._images[0].values.shape) / self._ratio
        return self._proposal(mean, best.gain, lead, spread, rivals)

    def _proposal(
        self, place: Affine, gain: float, lead: float, spread: float, rivals: tuple[Rival, ...]
    ) -> Proposal:
        warnings = []
        if spread > 1:
            warnings.append(
                FitWarning(
                    "unsteady",
                    f"Two runs with different samples differ by {spread:.1f} px (RMS): a click or "
                    "two would help.",
                )
            )
        stretch = np.linalg.svd(place.linear, compute_uv=False)
        if stretch[0] / stretch[1] > 1.1:
            warnings.append(
                FitWarning(
                    "stretched",
                    f"The images differ by {stretch[0] / stretch[1] - 1:.0%} in stretch between "
                    "two directions: is one of them tilted?",
                )
            )
        return Proposal(
            self._to_fixed(place),
            gain,
            f"Mutual information leads its best rival by {lead:.0%} of its lead over a usual "
            f"wrong pose; two runs agree within {spread:.2f} px (RMS). Check it at a few "
            "features: the images do not tell the error of such a match.",
            None,
            rivals,
            tuple(warnings),
        )

    def _to_fixed(self, fixed_to_moving: Affine) -> Affine:
        return fixed_to_moving.inverse().after(Affine.scaling(np.full(2, self._ratio), np.zeros(2)))

    def _rival(self, one: _Candidate) -> Rival:
        linear = one.fixed_to_moving.inverse().linear
        turn = np.degrees(np.arctan2(linear[0, 1] - linear[1, 0], linear[0, 0] + linear[1, 1]))
        return Rival(
            self._to_fixed(one.fixed_to_moving), one.gain, f"turned by {turn:.0f}° (x towards y)"
        )

    def _judged(self, fixed_to_moving: Affine) -> _Candidate | None:
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
        return _Candidate(fixed_to_moving, mutual_information(first, second)[1] - 1)

    def _rebinned(self, values: FloatArray) -> AnyArray:
        gray = self._coarse.moving
        together = np.concatenate([gray.values[gray.mask], values])
        known = np.zeros(len(together), bool)
        known[: int(gray.mask.sum())] = True
        return binned(together, known)[len(together) - len(values) :]

    def _apart(self, one: Affine, other: Affine) -> float:
        """Return the RMS distance between two poses over the fixed image, over its side."""
        corners = np.indices((3, 3)).reshape(2, -1).T / 2
        grid = corners * (np.array(self._images[0].values.shape) - 1)
        off = np.linalg.norm(one(grid) - other(grid), axis=1)
        return float(np.sqrt((off**2).mean()) / max(self._images[0].values.shape))

    def _distinct(self, found: list[_Candidate]) -> list[_Candidate]:
        kept: list[_Candidate] = []
        for one in sorted(found, key=lambda c: -c.gain):
            if all(
                self._apart(one.fixed_to_moving, other.fixed_to_moving) > SAME_WITHIN
                for other in kept
            ):
                kept.append(one)
        return kept


def _gains(found: list[_Candidate]) -> list[float]:
    return sorted((one.gain for one in found), reverse=True)


def _alike(finals: list[_Candidate]) -> int:
    best = finals[0].gain
    return max(2, sum(1 for one in finals if one.gain > 0.9 * best))


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

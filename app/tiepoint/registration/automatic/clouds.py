"""Two clouds of points without names: which belongs to which, and the transform between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.registration.automatic.cloud_search import CHANCE_LEVEL, CloudSearch, Pose
from tiepoint.registration.automatic.proposals import Refusal, Rival, Watch
from tiepoint.registration.estimate import fit
from tiepoint.registration.result import Fit, FitFailure, FitWarning

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Affine
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

ALIKE = 0.9
"""A rival with at least this share of the matches cannot be told apart."""
LEAST_LEAD = 1.4
"""Least number of matches over that of the next pose."""
MOST_POINTS = 5000


@dataclass(frozen=True, eq=False)
class CloudProposal:
    """Pairs and transform between two clouds.

    Attributes
    ----------
    moving_to_fixed
        Fitted to the matched pairs.
    pairs
        (n, 2) index of the moving and of the fixed point.
    fit
        The fit with its error. It takes the pairs as given: see `sentence`.
    score
        Share of the smaller cloud that is matched, 0 to 1.
    chance
        Number of matches that a wrong pose usually gets.
    sentence, rivals, warnings
        How sure this is.
    """

    moving_to_fixed: Affine
    pairs: AnyArray
    fit: Fit
    score: float
    chance: float
    sentence: str
    rivals: tuple[Rival, ...] = ()
    warnings: tuple[FitWarning, ...] = ()


def match_clouds(
    fixed_points: FloatArray,
    moving_points: FloatArray,
    model: Literal["rigid", "similarity"] = "rigid",
    *,
    tolerance: float | None = None,
    mirror: bool = False,
    scales: tuple[float, float] = (0.5, 2.0),
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> CloudProposal | Refusal:
    """Match beads or other points seen in two datasets, in any order and partly missing.

    Parameters
    ----------
    fixed_points, moving_points
        (N, K) and (M, K), K = 2 or 3, axis order (y, x) or (z, y, x).
    model
        ``rigid`` (both in one unit) or ``similarity``.
    tolerance
        Largest distance of a matched pair, fixed unit; default a sixth of the usual distance
        between neighbouring fixed points.
    mirror
        Look for a reflection instead: the answer to a question, never a guess.
    scales
        Smallest and largest scale considered for a similarity.
    seed
        Of the random choices: the same seed gives the same answer.

    Returns
    -------
    CloudProposal or Refusal
        A refusal where chance explains the matches, and where several poses match alike, as in
        symmetric clouds.

    References
    ----------
    Hypotheses from matching triangles: Fischler & Bolles, Commun. ACM 24:381, 1981; refinement
    by iterated closest points: Besl & McKay, IEEE Trans. PAMI 14:239, 1992.
    """
    watch = Watch(progress, cancel)
    fixed, moving = (np.asarray(points, float) for points in (fixed_points, moving_points))
    problem = _problem(fixed, moving, model)
    if problem is not None:
        return problem
    reach = _usual_gap(fixed) / 6 if tolerance is None else float(tolerance)
    if not (np.isfinite(reach) and reach > 0):
        return Refusal("bad_input", "The tolerance must be greater than zero; are points doubled?")
    limits = scales if model == "similarity" else None
    search = CloudSearch(fixed, moving, limits, mirror, reach, seed)
    poses = search.run(watch)
    if not poses:
        return Refusal("not_found", "No pose brings enough points of the two clouds together.")
    return _judged(search, poses, fixed, moving, model, mirror)


def _problem(fixed: FloatArray, moving: FloatArray, model: str) -> Refusal | None:
    if model not in ("rigid", "similarity"):
        return Refusal("bad_input", "Clouds are matched by a rigid model or a similarity.")
    if fixed.ndim != 2 or moving.ndim != 2 or fixed.shape[1] != moving.shape[1]:
        return Refusal("bad_input", "Both clouds must hold points of the same dimension.")
    if fixed.shape[1] not in (2, 3):
        return Refusal("bad_input", "The points must have two or three coordinates.")
    if not (np.isfinite(fixed).all() and np.isfinite(moving).all()):
        return Refusal("bad_input", "Some points are not finite.")
    least = fixed.shape[1] + 2
    if min(len(fixed), len(moving)) < least:
        return Refusal("too_small", f"Matching without names needs at least {least} points each.")
    if max(len(fixed), len(moving)) > MOST_POINTS:
        return Refusal("bad_input", f"More than {MOST_POINTS} points: choose a part of them.")
    return None


def _usual_gap(points: FloatArray) -> float:
    from scipy.spatial import cKDTree

    return float(np.median(cKDTree(points).query(points, 2)[0][:, 1]))


def _judged(
    search: CloudSearch,
    poses: list[Pose],
    fixed: FloatArray,
    moving: FloatArray,
    model: str,
    mirror: bool,
) -> CloudProposal | Refusal:
    best = poses[0]
    smaller = min(len(fixed), len(moving))
    chance = search.chance(best)
    if search.by_chance(best) > CHANCE_LEVEL:
        return Refusal(
            "not_significant",
            f"The best pose matches {best.count} of {smaller} points, which chance can do too: "
            "add points or give a smaller tolerance.",
            _rivals(poses, smaller),
        )
    alike = [
        other
        for other in poses[1:]
        if other.count >= ALIKE * best.count and other.rms <= 1.5 * best.rms + 1e-3 * search.reach
    ]
    if alike:
        return Refusal(
            "ambiguous",
            f"{len(alike) + 1} poses match the clouds alike ({best.count} and {alike[0].count} of "
            f"{smaller} points): the cloud is symmetric. Click one pair that tells them apart.",
            _rivals([best, *alike], smaller),
        )
    second = poses[1].count if len(poses) > 1 else 0
    if best.count < LEAST_LEAD * second:
        return Refusal(
            "not_significant",
            f"The best pose matches {best.count} of {smaller} points and the next {second}: that "
            "is too close to decide. Click a pair or give a smaller tolerance.",
            _rivals(poses, smaller),
        )
    pairs = best.pairs
    result = fit(moving[pairs[:, 0]], fixed[pairs[:, 1]], model, mirror=mirror)
    if isinstance(result, FitFailure):
        return Refusal(result.code, result.sentence)
    transform = search.as_affine(result.moving_to_fixed)
    return CloudProposal(
        transform,
        pairs,
        result,
        best.count / smaller,
        chance,
        f"{best.count} of {smaller} points match within {search.reach:.3g} (RMS "
        f"{result.residual_rms:.3g}); chance gives about {chance:.1f}, the next pose {second}.",
        _rivals(poses[1:], smaller),
        (*_few(best.count, smaller), *result.warnings),
    )


def _few(count: int, smaller: int) -> tuple[FitWarning, ...]:
    if count >= 0.5 * smaller:
        return ()
    return (FitWarning("few_matches", f"Only {count} of {smaller} points have a partner."),)


def _rivals(poses: list[Pose], smaller: int) -> tuple[Rival, ...]:
    return tuple(
        Rival(pose.moving_to_fixed, pose.count / smaller, f"{pose.count} matches") for pose in poses
    )

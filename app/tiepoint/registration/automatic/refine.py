"""Refine one landmark pair: compare the surroundings of the two clicks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.nmi import binned, mutual_information
from tiepoint.registration.automatic.peaks import local_maxima, parabolic_peak
from tiepoint.registration.automatic.proposals import Refusal, Watch
from tiepoint.registration.automatic.shift_refine import (
    FixedSide,
    MovingSide,
    ShiftRefiner,
    residual_clumping,
)
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

LEAST_CORRELATION = 0.4
LEAST_INFORMATION = 0.04
RIVAL_LIMIT = 0.85
MOST_SIGMA = 0.35
"""Largest 1 σ accepted, as a share of the search reach: a flatter peak says nothing."""
_BINS = 12
_SPLINE_MARGIN = 4


@dataclass(frozen=True, eq=False)
class PairProposal:
    """Where the partner of a landmark lies.

    Attributes
    ----------
    fixed_point, moving_point
        (2,) pixel index (y, x): the landmark as it was, and its refined partner.
    sigma
        (2,) 1 σ of the partner per axis, in fixed pixels, from the curvature of the peak.
    score
        Correlation, or mutual information in nats.
    moved
        By how much the partner moved, in fixed pixels.
    sentence, warnings
        How sure this is.
    """

    fixed_point: FloatArray
    moving_point: FloatArray
    sigma: FloatArray
    score: float
    moved: float
    sentence: str
    warnings: tuple[FitWarning, ...] = ()


@dataclass(frozen=True, eq=False)
class _Match:
    shift: FloatArray
    covariance: FloatArray
    score: float
    rivalry: float


def refine_pair(
    fixed: AnyArray,
    moving: AnyArray,
    fixed_to_moving_guess: Transform,
    point: FloatArray,
    window: int = 41,
    *,
    reach: int | None = None,
    method: Literal["correlation", "information"] = "correlation",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> PairProposal | Refusal:
    """Find the moving point that shows what the fixed image shows at `point`.

    Parameters
    ----------
    fixed, moving
        (y, x) values or colours.
    fixed_to_moving_guess
        Fixed pixel index → moving pixel index, right within `reach`; its linear part sets the
        rotation and the scale of the comparison.
    point
        (2,) fixed pixel index (y, x).
    window
        Side of the compared neighbourhood, in fixed pixels.
    reach
        How far the guess may be off, in fixed pixels; default a quarter of the window.
    method
        ``correlation`` for images of one kind, ``information`` (mutual information) otherwise.

    Returns
    -------
    PairProposal or Refusal
        A refusal where the neighbourhood is flat or repeats itself.
    """
    watch = Watch(progress, cancel)
    images = []
    for image, which in ((fixed, "fixed"), (moving, "moving")):
        gray = read_image(image, which)
        if isinstance(gray, Refusal):
            return gray
        images.append(gray)
    half = window // 2
    search = max(3, half // 2) if reach is None else int(reach)
    if half < 4 or search < 1:
        return Refusal("bad_input", "The window needs at least 9 pixels and a reach of 1.")
    watch.at(0.0, "comparing neighbourhoods")
    point = np.asarray(point, float)
    patches = _patches(images[0], images[1], fixed_to_moving_guess, point, half, search)
    if isinstance(patches, Refusal):
        return patches
    template, around = patches
    match = (
        _correlated(template, around, search)
        if method == "correlation"
        else _informed(template, around, search)
    )
    watch.at(1.0)
    if isinstance(match, Refusal):
        return match
    return _proposal(match, fixed_to_moving_guess, point, search, method)


def _patches(
    fixed: Gray, moving: Gray, guess: Transform, point: FloatArray, half: int, search: int
) -> tuple[Gray, Gray] | Refusal:
    """Return the fixed window and the larger moving window, drawn on the fixed pixels."""
    template = _drawn(fixed, _grid(point, half))
    place = guess(_grid(point, half + search + 2).reshape(2, -1).T).T
    around = _drawn(moving, place.reshape(2, *(2 * (half + search + 2) + 1,) * 2))
    if template.mask.mean() < 0.7 or around.mask.mean() < 0.6:
        return Refusal(
            "no_overlap", "The point lies too close to the edge or to unknown pixels of an image."
        )
    inner = template.values[template.mask]
    if np.ptp(inner) <= 1e-9 * max(float(np.abs(inner).max()), 1e-300):
        return Refusal("flat", "The neighbourhood of the point is featureless: move the point.")
    return template, around


def _grid(point: FloatArray, half: int) -> FloatArray:
    steps = np.arange(-half, half + 1, dtype=float)
    return np.stack(np.meshgrid(point[0] + steps, point[1] + steps, indexing="ij"))


def _drawn(gray: Gray, place: FloatArray) -> Gray:
    """Return cubic values at places (2, n, m); unknown beyond the image."""
    from scipy import ndimage

    lowest = np.floor(place.min(axis=(1, 2))).astype(int) - _SPLINE_MARGIN
    highest = np.ceil(place.max(axis=(1, 2))).astype(int) + _SPLINE_MARGIN + 1
    first = np.clip(lowest, 0, gray.values.shape)
    last = np.clip(highest, 0, gray.values.shape)
    if (last - first).min() < 2:
        return Gray(np.zeros(place.shape[1:]), np.zeros(place.shape[1:], bool))
    cut = (slice(first[0], last[0]), slice(first[1], last[1]))
    local = place - first[:, None, None]
    values = ndimage.map_coordinates(gray.values[cut], local, order=3, mode="mirror")
    near = ndimage.map_coordinates(
        gray.mask[cut].astype(np.float32), local, order=1, mode="constant", cval=0.0
    )
    return Gray(values, near > 0.999)


def _correlated(template: Gray, around: Gray, search: int) -> _Match | Refusal:
    import cv2

    scores = cv2.matchTemplate(
        around.values.astype(np.float32), template.values.astype(np.float32), cv2.TM_CCOEFF_NORMED
    ).astype(float)
    scores = np.where(np.isfinite(scores) & (np.abs(scores) < 1.0001), scores, -1.0)
    tops = local_maxima(scores[2:-2, 2:-2], LEAST_CORRELATION, 2) + 2
    if not len(tops):
        return Refusal(
            "not_found",
            f"The neighbourhoods do not look alike (best correlation {scores.max():.2f}): look "
            "further away, or compare by mutual information.",
        )
    heights = scores[tuple(tops.T)]
    start = tops[0] - (search + 2.0)
    # A shift of the moving window: positions in it are those of the template plus the border.
    middle = search + 2
    inner = Gray(
        _padded(template.values, middle), np.pad(template.mask, middle, constant_values=False)
    )
    fine = ShiftRefiner(FixedSide(inner), MovingSide(around)).refine(-start, reach=1.5)
    if fine is None:
        return Refusal("flat", "The peak is too flat to be refined: move the point to a feature.")
    rivalry = float(heights[1] / heights[0]) if len(heights) > 1 else 0.0
    return _Match(-fine.shift, fine.covariance, fine.correlation, rivalry)


def _padded(values: FloatArray, border: int) -> FloatArray:
    return np.pad(values, border, mode="edge")


def _informed(template: Gray, around: Gray, search: int) -> _Match | Refusal:
    from scipy import ndimage

    n = template.values.shape[0]
    first = binned(template.values, template.mask, _BINS)[template.mask]
    second = binned(around.values, around.mask, _BINS)
    reach = search + 2
    scores = np.zeros((2 * reach + 1,) * 2)
    for i, j in np.ndindex(*scores.shape):
        scores[i, j] = mutual_information(
            first, second[i : i + n, j : j + n][template.mask], _BINS
        )[0]
    smooth = ndimage.gaussian_filter(scores, 0.8)
    tops = local_maxima(smooth[2:-2, 2:-2], LEAST_INFORMATION, 2) + 2
    peak = parabolic_peak(smooth, (int(tops[0][0]), int(tops[0][1]))) if len(tops) else None
    if peak is None:
        return Refusal(
            "not_found", "The neighbourhoods share no information: look further or move the point."
        )
    base = float(np.median(smooth))
    heights = smooth[tuple(tops.T)] - base
    rivalry = float(heights[1] / heights[0]) if len(heights) > 1 else 0.0
    i, j = tops[0]
    clumping = _unexplained(template, around.values[i : i + n, j : j + n])
    # n I is the log-likelihood ratio of the joint histogram against independence.
    covariance = np.linalg.inv(-peak.curvature) * clumping / len(first)
    return _Match(peak.place_yx - reach, covariance, float(scores[tuple(tops[0])]), rivalry)


def _unexplained(template: Gray, patch: FloatArray) -> float:
    """Return the clumping of what the grey values of the template do not explain."""
    bins = binned(template.values, template.mask, _BINS)
    count = np.maximum(np.bincount(bins.ravel(), minlength=_BINS), 1)
    mean = np.bincount(bins.ravel(), patch.ravel(), _BINS) / count
    return residual_clumping(patch - mean[bins])


def _proposal(
    match: _Match, guess: Transform, point: FloatArray, search: int, method: str
) -> PairProposal | Refusal:
    sigma = np.sqrt(np.diag(match.covariance))
    longest = float(np.sqrt(np.linalg.eigvalsh(match.covariance).max()))
    if longest > MOST_SIGMA * search:
        return Refusal(
            "flat",
            f"The neighbourhood leaves one direction open (± {longest:.1f} px): move the point to "
            "a corner or a spot.",
        )
    if np.abs(match.shift).max() > search:
        return Refusal("not_found", "The best place lies at the end of the reach: look further.")
    if match.rivalry > RIVAL_LIMIT:
        return Refusal(
            "ambiguous",
            f"Another place fits nearly as well ({match.rivalry:.0%}): the neighbourhood repeats "
            "itself. Choose a larger window or a smaller reach.",
        )
    moved = float(np.linalg.norm(match.shift))
    word = "correlation" if method == "correlation" else "mutual information"
    proposal = PairProposal(
        point,
        guess((point + match.shift)[None])[0],
        sigma,
        match.score,
        moved,
        f"Moved by {moved:.2f} px; {word} {match.score:.2f}, ± {sigma.max():.2g} px per axis from "
        f"the sharpness of the peak.",
    )
    if method == "information":
        weak = FitWarning("rough_sigma", "The error by mutual information is a rough estimate.")
        return replace(proposal, warnings=(weak,))
    return proposal

"""Drift through a time series: shifts between neighbours and to far frames, adjusted together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.proposals import Refusal, Watch
from tiepoint.registration.automatic.shift import ShiftImage, find_shift
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

TOLERANCE_PX = 0.5
"""Links that disagree with the others by more than this and 4 σ are at fault."""
_FLOOR_PX = 0.02
_MOST_KEPT = 12
"""Frames of which what the search has worked out is kept for the next comparison."""


@dataclass(frozen=True, eq=False)
class DriftProposal:
    """Where every frame lies relative to the reference.

    Attributes
    ----------
    shifts_yx
        (n, 2) pixels: ``reference index = frame index + shift``; NaN where a frame is not
        connected to the reference.
    sigma
        (n,) 1 σ per axis in pixels: from the noise, or from the disagreement of the links where
        that is larger; NaN without redundancy.
    closure_rms, closure_max
        Disagreement of the links that were used with the adjusted shifts, in pixels; ``None``
        without redundancy.
    rejected
        Links (frame, frame) that contradict the others.
    sentence, warnings
        How sure this is.
    """

    shifts_yx: FloatArray
    sigma: FloatArray
    closure_rms: float | None
    closure_max: float | None
    rejected: tuple[tuple[int, int], ...]
    sentence: str
    warnings: tuple[FitWarning, ...] = ()


@dataclass(frozen=True, eq=False)
class _Link:
    """``shift[frame] - shift[base] = moved`` (2,)."""

    base: int
    frame: int
    moved: FloatArray
    sigma: float


def time_series_drift(
    frames: Sequence[AnyArray],
    *,
    reference: int = 0,
    stride: int = 5,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> DriftProposal | Refusal:
    """Find the drift of a time series of one field of view.

    Every frame is compared with the one before, with the one `stride` before and with the
    reference; the shifts that agree are adjusted together, so that errors do not add up.

    Parameters
    ----------
    frames
        n images (y, x) of one shape.
    reference
        Index of the frame that stays.
    stride
        Distance of the second comparison, in frames.
    """
    count = len(frames)
    if count < 2 or not 0 <= reference < count:
        return Refusal("bad_input", "A drift needs at least two frames, the reference among them.")
    if len({np.shape(frame) for frame in frames}) > 1:
        return Refusal("bad_input", "The frames of a time series must have one shape.")
    watch = Watch(progress, cancel)
    wanted = _wanted(count, reference, stride)
    links = []
    kept = _Kept(frames, min(stride + 3, _MOST_KEPT))
    for number, (base, frame) in enumerate(wanted):
        watch.at(number / len(wanted), f"comparing frame {frame + 1} with {base + 1}")
        found = find_shift(kept[base], kept[frame], cancel=cancel)
        if not isinstance(found, Refusal):
            spread = _FLOOR_PX if found.sigma is None else float(found.sigma.max())
            links.append(_Link(base, frame, found.moving_to_fixed.offset, max(spread, _FLOOR_PX)))
    watch.at(1.0)
    return _adjusted(count, reference, links, len(wanted))


class _Kept:
    """The frames as images to search, of which the last used are kept."""

    def __init__(self, frames: Sequence[AnyArray], most: int) -> None:
        self._frames = frames
        self._most = most
        self._images: dict[int, ShiftImage] = {}

    def __getitem__(self, number: int) -> ShiftImage:
        image = self._images.pop(number, None) or ShiftImage(self._frames[number])
        self._images[number] = image
        while len(self._images) > self._most:
            del self._images[next(iter(self._images))]
        return image


def _wanted(count: int, reference: int, stride: int) -> list[tuple[int, int]]:
    pairs = {(i, i + 1) for i in range(count - 1)}
    if stride > 1:
        pairs |= {(i, i + stride) for i in range(count - stride)}
    pairs |= {(min(i, reference), max(i, reference)) for i in range(count) if i != reference}
    # in the order of the frames, so that those that are compared again are still kept
    return sorted(pairs, key=lambda pair: (max(set(pair) - {reference}), pair))


def _adjusted(
    count: int, reference: int, links: list[_Link], wanted: int
) -> DriftProposal | Refusal:
    kept, rejected = list(links), []
    while True:
        joined = _joined(count, reference, kept)
        used = [one for one in kept if joined[one.base]]
        shifts, covariance, off = _solved(count, reference, joined, used)
        worst = _worst(used, covariance, off)
        if worst is None:
            break
        kept.remove(worst)
        rejected.append((worst.base, worst.frame))
    if joined.sum() < 2:
        return Refusal("not_found", "No frame could be matched with the reference.")
    redundancy = 2 * (len(used) - int(joined.sum()) + 1)
    if rejected and len(rejected) > 0.4 * max(len(links), 1):
        return Refusal(
            "inconsistent",
            f"{len(rejected)} of {len(links)} comparisons contradict the others: the frames do not "
            "simply shift. Do they change, turn or repeat themselves?",
        )
    weights = np.array([one.sigma for one in used])
    return _proposal(
        shifts, covariance, off, weights, joined, redundancy, rejected, wanted - len(links)
    )


def _joined(count: int, reference: int, links: list[_Link]) -> AnyArray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array([(one.base, one.frame) for one in links], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels == labels[reference])


def _solved(
    count: int, reference: int, joined: AnyArray, links: list[_Link]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return shifts (n, 2), covariance (n, n) for the given sigmas, and residuals (links, 2)."""
    free = [i for i in range(count) if joined[i] and i != reference]
    column = {frame: k for k, frame in enumerate(free)}
    design = np.zeros((len(links), len(free)))
    for row, one in enumerate(links):
        if one.frame in column:
            design[row, column[one.frame]] = 1
        if one.base in column:
            design[row, column[one.base]] = -1
    moved = np.array([one.moved for one in links]).reshape(-1, 2)
    weight = 1 / np.array([one.sigma for one in links])
    inverse = np.linalg.pinv((design * weight[:, None]).T @ (design * weight[:, None]))
    solution = inverse @ (design * weight[:, None] ** 2).T @ moved
    shifts = np.full((count, 2), np.nan)
    shifts[reference] = 0
    shifts[free] = solution
    covariance = np.zeros((count, count))
    covariance[np.ix_(free, free)] = inverse
    return shifts, covariance, moved - design @ solution


def _worst(links: list[_Link], covariance: FloatArray, off: FloatArray) -> _Link | None:
    """Return the link at fault: judged by what the others say about it."""
    worst, at_fault = 0.0, None
    for one, residual in zip(links, off, strict=True):
        told = covariance[one.frame, one.frame] + covariance[one.base, one.base]
        told -= 2 * covariance[one.frame, one.base]
        redundancy = 1 - told / one.sigma**2
        if redundancy < 1e-6:
            continue
        size = float(np.linalg.norm(residual)) / redundancy
        score = float(np.linalg.norm(residual)) / (one.sigma * np.sqrt(redundancy))
        if size > TOLERANCE_PX and score > 4 and score > worst:
            worst, at_fault = score, one
    return at_fault


def _proposal(
    shifts: FloatArray,
    covariance: FloatArray,
    off: FloatArray,
    weights: FloatArray,
    joined: AnyArray,
    redundancy: int,
    rejected: list[tuple[int, int]],
    unmatched: int,
) -> DriftProposal:
    warnings = []
    lost = int((~joined).sum())
    if lost:
        warnings.append(
            FitWarning("lost_frames", f"{lost} frames match no other frame and have no shift.")
        )
    if rejected:
        warnings.append(
            FitWarning("contradiction", f"{len(rejected)} comparisons contradict the others.")
        )
    if unmatched:
        warnings.append(FitWarning("unmatched", f"{unmatched} comparisons found no clear shift."))
    rms = top = None
    sigma = np.full(len(shifts), np.nan)
    if redundancy > 0:
        size = np.linalg.norm(off, axis=1)
        rms, top = float(np.sqrt((size**2).mean())), float(size.max())
        factor = np.sqrt(float(((off / weights[:, None]) ** 2).sum()) / redundancy)
        sigma = np.where(joined, np.sqrt(np.diag(covariance)) * max(1.0, factor), np.nan)
    closing = (
        "there is no redundancy, so that nothing checks it"
        if rms is None
        else f"comparisons along different ways agree within {rms:.2f} px (RMS, worst {top:.2f} px)"
    )
    way = float(np.nanmax(np.linalg.norm(shifts - shifts[joined][0], axis=1)))
    return DriftProposal(
        shifts,
        sigma,
        rms,
        top,
        tuple(rejected),
        f"The frames drift by up to {way:.2f} px; {closing}.",
        tuple(warnings),
    )

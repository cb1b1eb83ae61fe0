"""Crosses, L-marks, any drawn mark, and circles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.peaks import local_maxima, parabolic_peak
from tiepoint.registration.automatic.proposals import Refusal, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

LEAST_SCORE = 0.6
_SUBSAMPLES = 4


@dataclass(frozen=True, eq=False)
class Marker:
    """One mark.

    Attributes
    ----------
    point_yx
        (2,) pixel index of the mark's reference point: the crossing, the corner, the centre.
    score
        Correlation with the ideal mark, -1 to 1; for a circle, the share of its rim seen.
    angle_deg
        By how much it is turned, from x towards y; 0 for circles.
    radius
        Of a circle, in pixels.
    sentence
        How sure this is.
    """

    point_yx: FloatArray
    score: float
    sentence: str
    angle_deg: float = 0.0
    radius: float | None = None


def cross_mark(arm: float, width: float, angle_deg: float = 0.0) -> FloatArray:
    """Return a bright cross (n, n) whose crossing is the middle pixel.

    Parameters
    ----------
    arm
        From the crossing to the end of an arm, in pixels.
    width
        Of a stroke, in pixels.
    angle_deg
        From x towards y.
    """
    u, v, size = _turned_axes(arm, width, angle_deg)
    inside = (np.abs(u) <= arm) & (np.abs(v) <= arm)
    return _averaged(inside & ((np.abs(u) <= width / 2) | (np.abs(v) <= width / 2)), size)


def l_mark(arm: float, width: float, angle_deg: float = 0.0) -> FloatArray:
    """Return a bright L (n, n): strokes from the corner, the middle pixel, along +x and +y."""
    u, v, size = _turned_axes(arm, width, angle_deg)
    along = (np.abs(v) <= width / 2) & (u >= -width / 2) & (u <= arm)
    down = (np.abs(u) <= width / 2) & (v >= -width / 2) & (v <= arm)
    return _averaged(along | down, size)


def _turned_axes(arm: float, width: float, angle_deg: float) -> tuple[FloatArray, FloatArray, int]:
    """Return coordinates along and across the first stroke on a fine grid, and its pixels."""
    half = int(np.ceil(1.42 * arm + width)) + 1
    size = 2 * half + 1
    fine = (np.arange(size * _SUBSAMPLES) + 0.5) / _SUBSAMPLES - 0.5 - half
    y, x = np.meshgrid(fine, fine, indexing="ij")
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return cos * x + sin * y, cos * y - sin * x, size


def _averaged(drawn: AnyArray, size: int) -> FloatArray:
    cells = drawn.astype(float).reshape(size, _SUBSAMPLES, size, _SUBSAMPLES)
    return np.asarray(cells.mean(axis=(1, 3)))


def find_marks(
    image: AnyArray,
    marks: Sequence[FloatArray],
    *,
    angles_deg: Sequence[float] | None = None,
    bright: bool = True,
    least_score: float = LEAST_SCORE,
    most: int = 50,
    mask: AnyArray | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> tuple[Marker, ...] | Refusal:
    """Find places that look like one of several drawings of a mark, best first.

    Parameters
    ----------
    image
        (y, x); NaN is masked.
    marks
        Drawings of odd side lengths whose middle pixel is the reference point: the same mark
        at several angles, or one that was cut out of an image.
    angles_deg
        The angle of each drawing.
    bright
        Whether the mark is brighter than its surroundings.
    least_score
        Least normalised correlation.
    most
        Largest number of marks.
    mask
        True where marks may lie.
    """
    gray = read_image(image, "marker", mask=mask)
    if isinstance(gray, Refusal):
        return gray
    if not marks or any(n % 2 == 0 for mark in marks for n in np.shape(mark)):
        return Refusal("bad_input", "A drawn mark needs an odd number of rows and columns.")
    watch = Watch(progress, cancel)
    angles = [0.0] * len(marks) if angles_deg is None else list(angles_deg)
    best = np.full(gray.values.shape, -1.0)
    which = np.zeros(gray.values.shape, int)
    for number, mark in enumerate(marks):
        watch.at(number / len(marks), "comparing with the mark")
        scores = template_scores(gray, mark if bright else -mark)
        which[scores > best] = number
        best = np.maximum(best, scores)
    apart = max(2, min(np.shape(marks[0])) // 3)
    found = []
    for top in local_maxima(np.where(gray.mask, best, -1), least_score, apart)[:most]:
        number = int(which[tuple(top)])
        marker = _marker(gray, marks[number] if bright else -marks[number], top, angles[number])
        if marker is not None:
            found.append(marker)
    watch.at(1.0)
    if not found:
        return Refusal(
            "not_found",
            f"Nothing in the image looks like this mark (best {best.max():.2f}, needed "
            f"{least_score:.2f}): check its size, angle and brightness.",
        )
    return tuple(found)


def template_scores(gray: Gray, mark: FloatArray) -> FloatArray:
    """Return Pearson's correlation (y, x) with a mark centred on each pixel; -1 where it is cut."""
    import cv2

    scores = np.full(gray.values.shape, -1.0)
    if any(m > n for m, n in zip(mark.shape, gray.values.shape, strict=True)):
        return scores
    values = gray.values - gray.values.mean()
    values = (values / (values.std() or 1.0)).astype(np.float32)
    inner = cv2.matchTemplate(values, mark.astype(np.float32), cv2.TM_CCOEFF_NORMED)
    inner = np.where(np.isfinite(inner) & (np.abs(inner) <= 1.0001), inner, -1.0)
    half = [n // 2 for n in mark.shape]
    scores[half[0] : half[0] + inner.shape[0], half[1] : half[1] + inner.shape[1]] = inner
    return scores


def _marker(gray: Gray, mark: FloatArray, top: AnyArray, angle: float) -> Marker | None:
    """Return the mark at `top` to a fraction of a pixel, from this drawing alone."""
    half = np.array(mark.shape) // 2 + 3
    first = np.maximum(top - half, 0)
    last = np.minimum(top + half + 1, gray.values.shape)
    cut = (slice(first[0], last[0]), slice(first[1], last[1]))
    near = template_scores(Gray(gray.values[cut], gray.mask[cut]), mark)
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    peak = parabolic_peak(near, (int(y), int(x)))
    if peak is None:
        return None
    return Marker(
        first + peak.place_yx,
        peak.height,
        f"Looks like the mark with a correlation of {peak.height:.2f}.",
        angle,
    )

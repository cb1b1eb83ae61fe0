"""Beads and spots: where are they, to a few hundredths of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.gaussian_fit import GaussianFits, fit_windows
from tiepoint.registration.automatic.images import Gray, read_image
from tiepoint.registration.automatic.proposals import Refusal, Watch

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

WINDOW_SIGMAS = 3.5
CONTRAST = 6.0
MOST_SPOTS = 20000
_WIDTHS_ALLOWED = (0.45, 2.2)
_COUNTS = 1000.0


@dataclass(frozen=True, eq=False)
class Spot:
    """One spot.

    Attributes
    ----------
    point_yx
        (2,) pixel index.
    covariance
        (2, 2) pixels², from the noise seen in the fit.
    width
        1 σ in pixels.
    light
        Sum over the spot, background taken away, in the image's values.
    contrast
        Peak height over the scatter of the background.
    sentence
        One sentence that says how sure this is.
    """

    point_yx: FloatArray
    covariance: FloatArray
    width: float
    light: float
    contrast: float
    sentence: str

    @property
    def sigma(self) -> FloatArray:
        """(2,) 1 σ of the position per axis, in pixels."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))


def fit_spot(
    image: AnyArray, point_yx: FloatArray, *, width: float = 1.3, bright: bool = True
) -> Spot | Refusal:
    """Fit the spot nearest to a clicked point.

    Parameters
    ----------
    image
        (y, x).
    point_yx
        (2,) pixel index, within about two widths of the spot.
    width
        Expected 1 σ in pixels.
    bright
        Whether spots are brighter than the background.

    Returns
    -------
    Spot or Refusal
        A refusal where nothing like a spot is near.
    """
    gray = _spot_image(image, bright)
    if isinstance(gray, Refusal):
        return gray
    point = np.rint(np.asarray(point_yx, float))
    shape = np.array(gray.values.shape)
    if not (np.isfinite(point).all() and (point >= 0).all() and (point < shape).all()):
        return Refusal("bad_input", "The point lies outside the image.")
    band = _band_passed(gray, width)
    reach = max(2, round(2 * width))
    first = np.maximum(point - reach, 0).astype(int)
    last = np.minimum(point + reach + 1, shape).astype(int)
    near = band[first[0] : last[0], first[1] : last[1]]
    top = first + np.unravel_index(int(near.argmax()), near.shape)
    spots = _fit_at(gray, top[None], width, _noise(band))
    if not spots or spots[0].contrast < CONTRAST / 2:
        return Refusal(
            "not_found",
            "There is no spot of this width near the point that stands out from the noise.",
        )
    return spots[0]


def find_spots(
    image: AnyArray,
    *,
    width: float = 1.3,
    contrast: float = CONTRAST,
    bright: bool = True,
    mask: AnyArray | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> tuple[Spot, ...] | Refusal:
    """Find and fit all spots of about one width, brightest first.

    Parameters
    ----------
    image
        (y, x); NaN is masked.
    width
        Expected 1 σ in pixels; found widths may differ by about a factor of two.
    contrast
        Least height after band-passing, in units of the background's scatter.
    bright
        Whether spots are brighter than the background.
    mask
        True where spots may lie.
    """
    watch = Watch(progress, cancel)
    gray = _spot_image(image, bright, mask)
    if isinstance(gray, Refusal):
        return gray
    watch.at(0.0, "looking for spots")
    band = _band_passed(gray, width)
    noise = _noise(band)
    tops = _maxima(band, gray.mask, contrast * noise, width)
    if len(tops) > MOST_SPOTS:
        return Refusal(
            "not_found", f"More than {MOST_SPOTS} places look like spots: ask for more contrast."
        )
    watch.at(0.4, f"fitting {len(tops)} spots")
    spots = _distinct(_fit_at(gray, tops, width, noise), width)
    watch.at(1.0)
    if not spots:
        return Refusal("not_found", "No spot of this width stands out from the noise.")
    return tuple(spots)


def _spot_image(image: AnyArray, bright: bool, mask: AnyArray | None = None) -> Gray | Refusal:
    """Return the image as counts of bright spots: not negative, large enough for the fit."""
    gray = read_image(image, "spot", mask=mask)
    if isinstance(gray, Refusal):
        return gray
    values = gray.values if bright else gray.values.max() - gray.values
    lowest = float(values[gray.mask].min())
    values = values - min(lowest, 0.0)
    top = float(values[gray.mask].max())
    return Gray(values * (_COUNTS / top if top < _COUNTS / 10 else 1.0), gray.mask)


def _band_passed(gray: Gray, width: float) -> FloatArray:
    from scipy import ndimage

    fine = ndimage.gaussian_filter(gray.values, width)
    return np.asarray(fine - ndimage.gaussian_filter(gray.values, 2 * width))


def _noise(band: FloatArray) -> float:
    middle = np.median(band)
    return max(1.4826 * float(np.median(np.abs(band - middle))), 1e-9 * float(np.ptp(band)), 1e-12)


def _maxima(band: FloatArray, mask: AnyArray, least: float, width: float) -> AnyArray:
    from scipy import ndimage

    size = 2 * max(1, round(1.5 * width)) + 1
    tops = (band == ndimage.maximum_filter(band, size=size)) & (band > least) & mask
    return np.argwhere(tops)


def _fit_at(gray: Gray, tops: AnyArray, width: float, noise: float) -> list[Spot]:
    half = max(3, round(WINDOW_SIGMAS * width))
    shape = np.array(gray.values.shape)
    whole = ((tops >= half) & (tops < shape - half)).all(axis=1)
    tops = tops[whole]
    if not len(tops):
        return []
    steps = np.arange(-half, half + 1)
    at = (tops[:, :1, None] + steps[None, :, None], tops[:, 1:, None] + steps[None, None, :])
    known = gray.mask[at].all(axis=(1, 2))
    tops, windows = tops[known], gray.values[at][known]
    if not len(tops):
        return []
    fits = fit_windows(windows, width)
    good = _plausible(fits, half, width)
    return [_spot(fits, int(i), tops[i] - half, noise) for i in np.flatnonzero(good)]


def _plausible(fits: GaussianFits, half: int, width: float) -> AnyArray:
    near = np.abs(fits.centres_yx - half).max(axis=1) <= max(2.0, 1.5 * width)
    low, high = (factor * width for factor in _WIDTHS_ALLOWED)
    spread = np.sqrt(np.einsum("nii->n", fits.covariance))
    return np.asarray(
        fits.converged & near & (fits.width > low) & (fits.width < high) & (spread < width)
    )


def _spot(fits: GaussianFits, i: int, corner: AnyArray, noise: float) -> Spot:
    sigma = np.sqrt(np.diag(fits.covariance[i]))
    width = float(fits.width[i])
    contrast = float(fits.light[i]) / (2 * np.pi * width**2) / noise
    return Spot(
        fits.centres_yx[i] + corner,
        fits.covariance[i],
        width,
        float(fits.light[i]),
        contrast,
        f"Spot of width {width:.2f} px, position ± {sigma.max():.2g} px per axis from noise.",
    )


def _distinct(spots: list[Spot], width: float) -> list[Spot]:
    """Drop fits that ended on a brighter neighbour; brightest first."""
    from scipy.spatial import cKDTree

    spots = sorted(spots, key=lambda spot: -spot.light)
    if len(spots) < 2:
        return spots
    points = np.array([spot.point_yx for spot in spots])
    dropped = {max(pair) for pair in cKDTree(points).query_pairs(max(1.0, width))}
    return [spot for i, spot in enumerate(spots) if i not in dropped]

"""Low-loss spectra: where the zero-loss peak lies, and how thick the sample is."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import centres, spectral_axis, unit_factor
from tiepoint.spectra.rows import rows
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

_SEARCH_EV = 20.0  # the zero-loss peak is looked for this far around the origin of the axis
_SPLIT_EV = (2.0, 12.0)  # where the dip behind it is looked for, behind the peak


@dataclass(frozen=True, eq=False)
class ZeroLoss:
    """Where the zero-loss peak lies in every pixel.

    Attributes
    ----------
    position_ev
        (…) of the maximum, through a parabola over the logarithms of three channels (exact for a
        Gaussian); NaN where there is none.
    spread_ev
        5 to 95 % of the positions.
    fwhm_ev
        Width at half height of the mean spectrum.
    split_ev
        End of the zero-loss peak: the dip before the first loss in the mean spectrum, ``None``
        where there is none.
    axes
        Of `position_ev`.
    warnings
        Sentences: drift over the image, peak away from zero.
    """

    position_ev: FloatArray
    spread_ev: float
    fwhm_ev: float
    split_ev: float | None
    axes: tuple[Axis, ...]
    warnings: tuple[str, ...]

    @property
    def aligned(self) -> bool:
        """Whether the peak stays within half its width over the image."""
        return self.spread_ev <= self.fwhm_ev / 2


@dataclass(frozen=True, eq=False)
class Thickness:
    """Thickness by the log-ratio.

    Attributes
    ----------
    values
        (…) in `unit`; NaN where there are no counts.
    sigma
        (…) 1 σ from counting statistics; ``None`` if the values are not counts.
    unit
        ``"t/λ"``: mean free paths of inelastic scattering; ``"nm"`` if λ was given.
    split_ev
        Losses up to here were taken for the zero-loss peak.
    axes
        Of the arrays.
    warnings
        Sentences.
    """

    values: FloatArray
    sigma: FloatArray | None
    unit: str
    split_ev: float
    axes: tuple[Axis, ...]
    warnings: tuple[str, ...] = ()


def zero_loss(
    source: ArrayLike, axes: Sequence[Axis], progress: Progress | None = None
) -> ZeroLoss:
    """Find the zero-loss peak in every pixel and say whether the pixels agree.

    Parameters
    ----------
    source
        Low-loss spectrum image, in memory or lazy.
    axes
        Of `source`, in array order; the spectral one in eV or keV and through zero.
    progress
        Called with the share done before each block; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the axis does not hold zero loss or is no energy, or there is no count.
    """
    loss = _losses(axes)
    near = np.flatnonzero(np.abs(loss) <= _SEARCH_EV + _SPLIT_EV[1])
    first, last = int(near[0]), int(near[-1])
    loss = loss[first : last + 1]
    place = spectral_axis(axes)
    others = tuple(axis for index, axis in enumerate(axes) if index != place)
    found = np.full(tuple(axis.size for axis in others), np.nan)
    total = np.zeros(loss.size)
    for where, block in rows(source, axes, first, last, progress):
        values = block.astype(float)
        found[where] = _peaks(values, loss)
        total += values.reshape(-1, loss.size).sum(axis=0)
    if not np.isfinite(found).any():
        raise TiepointError("There are no counts around zero loss.")
    low, high = np.nanpercentile(found, (5, 95))
    width = _width(total, loss)
    warnings = _zero_loss_words(float(np.nanmedian(found)), float(high - low), width)
    return ZeroLoss(found, float(high - low), width, _dip(total, loss), others, warnings)


def thickness(
    source: ArrayLike,
    axes: Sequence[Axis],
    split_ev: float | None = None,
    mean_free_path_nm: float | None = None,
    progress: Progress | None = None,
) -> Thickness:
    """Return the thickness in mean free paths of inelastic scattering, t/λ = ln(I_t / I_0).

    I_t: all counts; I_0: those up to `split_ev` (R. F. Egerton, Electron Energy-Loss
    Spectroscopy in the Electron Microscope, 3rd ed., Springer 2011, section 5.1). With counts,
    ``σ² = I_i / I_t² + I_0 (1/I_0 − 1/I_t)²``, I_i = I_t − I_0.

    Parameters
    ----------
    source
        Low-loss spectrum image, in memory or lazy.
    axes
        Of `source`, in array order; the spectral one in eV or keV and through zero.
    split_ev
        Where the zero-loss peak ends; ``None``: the dip behind it in the mean spectrum.
    mean_free_path_nm
        λ in nm for this material, voltage and collection angle; ``None``: the result stays in
        units of λ. There is no default.
    progress
        Called with the share done before each block; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the axis does not hold zero loss, or the peak has no dip behind it.
    """
    if mean_free_path_nm is not None and not (
        isfinite(mean_free_path_nm) and mean_free_path_nm > 0
    ):
        raise TiepointError("The mean free path must be positive.")
    warnings: tuple[str, ...] = ()
    if split_ev is None:
        peak = zero_loss(source, axes)
        warnings = peak.warnings
        if peak.split_ev is None:
            raise TiepointError(
                "The mean spectrum has no dip behind the zero-loss peak; say at which energy loss"
                " the peak ends."
            )
        split_ev = peak.split_ev
    loss = _losses(axes)
    elastic = loss <= split_ev
    if not (elastic.any() and (~elastic).any()):
        raise TiepointError(f"The zero-loss peak cannot end at {split_ev:g} eV: no channel there.")
    place = spectral_axis(axes)
    others = tuple(axis for index, axis in enumerate(axes) if index != place)
    whole = np.zeros(tuple(axis.size for axis in others))
    peak_sum = np.zeros_like(whole)
    for where, block in rows(source, axes, 0, loss.size - 1, progress):
        whole[where] = block.sum(axis=-1, dtype=np.float64)
        peak_sum[where] = block[..., elastic].sum(axis=-1, dtype=np.float64)
    return _log_ratio(
        whole, peak_sum, source.dtype.kind in "ui", split_ev, mean_free_path_nm, others, warnings
    )


def _log_ratio(
    whole: FloatArray,
    peak: FloatArray,
    counts: bool,
    split_ev: float,
    path_nm: float | None,
    axes: tuple[Axis, ...],
    warnings: tuple[str, ...],
) -> Thickness:
    fair = (peak > 0) & (whole > 0)
    whole, peak = np.where(fair, whole, np.nan), np.where(fair, peak, np.nan)
    values = np.log(whole / peak)
    sigma = None
    if counts:
        sigma = np.sqrt((whole - peak) / whole**2 + peak * (1 / peak - 1 / whole) ** 2)
    scale = path_nm or 1.0
    return Thickness(
        values=values * scale,
        sigma=None if sigma is None else sigma * scale,
        unit="nm" if path_nm else "t/λ",
        split_ev=float(split_ev),
        axes=axes,
        warnings=warnings,
    )


def _losses(axes: Sequence[Axis]) -> FloatArray:
    """Return the energy losses in eV; the axis must reach to both sides of zero."""
    axis = axes[spectral_axis(axes)]
    loss = centres(axis) / unit_factor("eV", axis)
    if not (loss.min() < 0 < loss.max()):
        raise TiepointError(
            f"The {axis.name} axis goes from {loss.min():.5g} to {loss.max():.5g} eV and holds no"
            " zero-loss peak; choose the low-loss spectrum image."
        )
    if np.any(np.diff(loss) <= 0):
        raise TiepointError(f"The {axis.name} axis must rise.")
    return loss


def _peaks(values: AnyArray, loss: FloatArray) -> FloatArray:
    """Return the maximum within the search range, refined; NaN where there is no count."""
    inside = np.flatnonzero(np.abs(loss) <= _SEARCH_EV)
    top = inside[0] + values[..., inside].argmax(axis=-1)
    middle = np.clip(top, 1, loss.size - 2)
    near = [np.take_along_axis(values, (middle + i)[..., None], -1)[..., 0] for i in (-1, 0, 1)]
    left, peak, right = (np.log(np.maximum(one, 1e-12)) for one in near)
    bend = left - 2 * peak + right
    shift = np.where(bend < 0, (left - right) / np.where(bend < 0, 2 * bend, 1), 0.0)
    exact = (top == middle) & (near[0] > 0) & (near[2] > 0)
    step = float(np.diff(loss).mean())
    position = loss[top] + np.where(exact, np.clip(shift, -1, 1), 0.0) * step
    return np.where(near[1] > 0, position, np.nan)


def _width(total: FloatArray, loss: FloatArray) -> float:
    """Return the full width at half height of the highest peak."""
    top = int(total.argmax())
    half = total[top] / 2
    below = np.flatnonzero(total <= half)
    left, right = below[below < top], below[below > top]
    if not (left.size and right.size):
        return float(loss[-1] - loss[0])
    ends = [
        np.interp(half, (total[i], total[j]), (loss[i], loss[j]))
        for i, j in ((left[-1], left[-1] + 1), (right[0], right[0] - 1))
    ]
    return float(ends[1] - ends[0])


def _dip(total: FloatArray, loss: FloatArray) -> float | None:
    """Return the loss of the lowest point behind the peak, before the first loss rises again."""
    from scipy.ndimage import gaussian_filter1d

    step = float(np.diff(loss).mean())
    smooth = gaussian_filter1d(total, max(0.2 / step, 0.5))
    origin = loss[int(total.argmax())]
    inside = np.flatnonzero((loss > origin + _SPLIT_EV[0]) & (loss <= origin + _SPLIT_EV[1]))
    if inside.size < 3:
        return None
    lowest = inside[int(smooth[inside].argmin())]
    return float(loss[lowest]) if lowest < inside[-1] else None


def _zero_loss_words(middle: float, spread: float, width: float) -> tuple[str, ...]:
    said = []
    if spread > width / 2:
        said.append(
            f"The zero-loss peak wanders by {spread:.2g} eV over the image (5 to 95 %), its width"
            f" is {width:.2g} eV: align the spectra before trusting windows narrower than that."
        )
    if abs(middle) > max(width, 1e-9):
        said.append(f"The zero-loss peak lies at {middle:.2g} eV, not at 0: check the calibration.")
    return tuple(said)

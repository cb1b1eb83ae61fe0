"""From net intensities to ratios and compositions of thin films, with their errors.

The Cliff–Lorimer relation (G. Cliff and G. W. Lorimer, Journal of Microscopy 103 (1975) 203–207):
``C_A / C_B = k_AB · I_A / I_B`` with weight fractions C and net intensities I. It holds for films
so thin that absorption and fluorescence do not matter, as in TEM and STEM. Tiepoint ships **no**
k-factors: they depend on the instrument, the voltage and the detector. They are given by the
user, or intensities are compared as they are, which is then called so and never a composition.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np

from tiepoint.spectra import atoms
from tiepoint.spectra.intensity import DETECTION
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.spectra.intensity import NetIntensity
    from tiepoint.support.arrays import AnyArray, FloatArray

Unit = Literal["wt %", "at %", "% of net intensity"]
"""What a share is a share of."""


@dataclass(frozen=True, eq=False)
class Composition:
    """Shares of the lines, in per cent.

    Attributes
    ----------
    labels
        The lines, in the order of the arrays' first axis.
    values
        (lines, …) per cent, summing to 100 where not masked; NaN where `masked`. Net intensities
        are not clipped at zero, so that a mean over pixels stays unbiased; a share may therefore
        be slightly negative or above 100.
    sigma
        (lines, …) 1 σ in per cent from counting statistics, correlations through the sum
        included; ``None`` if the values are not counts.
    sigma_factors
        (lines, …) 1 σ in per cent from the errors of the k-factors, the same way for all pixels
        at once; ``None`` if no such errors were given.
    unit
        ``"wt %"``, ``"at %"`` or ``"% of net intensity"`` (no k-factors: not a composition).
    factors
        Of each line: k for wt %, k/atomic weight for at %, 1 for shares of intensity.
    masked
        (…) True where there were too few counts to say anything.
    axes
        Of the arrays behind the first axis.
    warnings
        Sentences about what the numbers do not hold.
    """

    labels: tuple[str, ...]
    values: FloatArray
    sigma: FloatArray | None
    sigma_factors: FloatArray | None
    unit: Unit
    factors: tuple[float, ...]
    masked: AnyArray
    axes: tuple[Axis, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Ratio:
    """The ratio of two net intensities.

    Attributes
    ----------
    label
        ``"Fe Kα / O Kα"``.
    values, sigma
        (…) and its 1 σ from counting statistics (``None`` if the values are not counts); NaN
        where `masked`. No unit.
    masked
        (…) True where the denominator is not seen.
    axes
        Of the arrays.
    """

    label: str
    values: FloatArray
    sigma: FloatArray | None
    masked: AnyArray
    axes: tuple[Axis, ...]


def intensity_ratio(above: NetIntensity, under: NetIntensity) -> Ratio:
    """Return net intensity `above` / net intensity `under`, per pixel, with its error.

    First-order propagation: ``σ_r² = (σ_a² + r² σ_b²) / b²``. Pixels whose denominator does not
    exceed its critical level (or, without counting statistics, zero) are masked.
    """
    masked = ~(under.net > (0.0 if under.critical is None else under.critical))
    bottom = np.where(masked, np.nan, under.net)
    values = above.net / bottom
    sigma = None
    if above.sigma is not None and under.sigma is not None:
        sigma = np.sqrt(above.sigma**2 + (values * under.sigma) ** 2) / np.abs(bottom)
    return Ratio(f"{above.label} / {under.label}", values, sigma, masked, above.axes)


def intensity_shares(lines: Sequence[NetIntensity], min_counts: float = 0.0) -> Composition:
    """Return each line's share of the summed net intensity (k = 1, relative only).

    Parameters
    ----------
    lines
        At least two.
    min_counts
        See `cliff_lorimer`.
    """
    note = (
        "Shares of net intensity are not a composition: lines differ in how strongly they are"
        " excited and detected. Give k-factors for wt % and at %."
    )
    ones = np.ones(len(lines))
    return _composition(lines, ones, None, "% of net intensity", min_counts, (note,))


def cliff_lorimer(
    lines: Sequence[NetIntensity],
    k_factors: Mapping[str, float],
    *,
    unit: Literal["wt %", "at %"] = "wt %",
    k_errors: Mapping[str, float] | None = None,
    min_counts: float = 0.0,
    thin_film: bool | None = None,
) -> Composition:
    """Return the composition of a thin film from net intensities and k-factors.

    Weight fractions ``k_i I_i / Σ k_j I_j``; atomic fractions with ``k_i / A_i`` instead (atomic
    weights of xraydb). The fractions sum to one over the lines given: an element that is left
    out is taken for absent.

    Parameters
    ----------
    lines
        Net intensities, at least two, one line per element.
    k_factors
        By label (``"Fe Kα"``), for **weight** fractions, all relative to one reference line
        (whose own k is 1).
    unit
        What to return.
    k_errors
        1 σ of the k-factors, by label, absolute; labels left out have none.
    min_counts
        Pixels with fewer net counts in all lines together are masked, besides those whose
        weighted sum is not above `DETECTION` σ of itself.
    thin_film
        Whether the spectra come from a thin film (TEM, STEM); ``False`` for SEM; ``None``
        unknown. Anything but ``True`` is answered with a warning.

    Raises
    ------
    TiepointError
        If a k-factor is missing or not positive, an element is unknown or named twice.
    """
    elements = [_element(line) for line in lines]
    double = {name for name in elements if elements.count(name) > 1}
    if double:
        raise TiepointError(
            f"{' and '.join(sorted(double))} would be counted twice: choose one line per element."
        )
    factors = np.array([_factor(line.label, k_factors) for line in lines])
    errors = np.array([_error(line.label, k_errors or {}) for line in lines])
    if unit == "at %":
        weights = np.array([atomic_weight(name) for name in elements])
        factors, errors = factors / weights, errors / weights
    notes = [*_thin_film_notes(thin_film)]
    return _composition(
        lines, factors, errors if k_errors else None, unit, min_counts, tuple(notes)
    )


def atomic_weight(element: str) -> float:
    """Return the standard atomic weight of `element` in g/mol (as shipped with xraydb)."""
    import xraydb

    return float(xraydb.atomic_mass(element))


def _element(line: NetIntensity) -> str:
    if not line.element:
        raise TiepointError(f"“{line.label}” names no element, so it has no k-factor.")
    return atoms.symbol(line.element)


def _factor(label: str, k_factors: Mapping[str, float]) -> float:
    k = k_factors.get(label)
    if k is None:
        raise TiepointError(
            f"There is no k-factor for {label}. Take it from your instrument's calibration, for"
            " weight fractions and relative to the same line as the others; Tiepoint has no"
            " default."
        )
    if not (isfinite(k) and k > 0):
        raise TiepointError(f"The k-factor of {label} must be positive, not {k:g}.")
    return float(k)


def _error(label: str, k_errors: Mapping[str, float]) -> float:
    error = float(k_errors.get(label, 0.0))
    if not (isfinite(error) and error >= 0):
        raise TiepointError(f"The error of the k-factor of {label} must not be negative.")
    return error


def _thin_film_notes(thin_film: bool | None) -> tuple[str, ...]:
    if thin_film:
        return ()
    origin = (
        "The file does not say whether these spectra come from a thin film."
        if thin_film is None
        else "These spectra come from an SEM."
    )
    return (
        f"{origin} Cliff–Lorimer k-factors hold for thin films in TEM and STEM only; they are no"
        " ZAF correction, which a bulk sample needs.",
    )


def _composition(
    lines: Sequence[NetIntensity],
    factors: FloatArray,
    errors: FloatArray | None,
    unit: Unit,
    min_counts: float,
    notes: tuple[str, ...],
) -> Composition:
    if len(lines) < 2:
        raise TiepointError("A composition needs at least two lines.")
    nets = np.stack([line.net for line in lines])
    weighted = _along(factors, nets) * nets
    total = weighted.sum(axis=0)
    spreads = None
    if all(line.sigma is not None for line in lines):
        spreads = np.stack([np.asarray(line.sigma) for line in lines]) ** 2
    masked = ~(total > 0) | (nets.sum(axis=0) < min_counts)
    if spreads is not None:
        noise = np.sqrt((_along(factors, nets) ** 2 * spreads).sum(axis=0))
        masked |= total <= DETECTION * noise
    shares = weighted / np.where(masked, np.nan, total)
    sigma = None if spreads is None else _propagate(shares, factors, total, spreads)
    of_factors = None
    if errors is not None:
        of_factors = _propagate(
            shares, np.ones_like(factors), total, _along(errors, nets) ** 2 * nets**2
        )
    warnings = dict.fromkeys([*notes, *(text for line in lines for text in line.warnings)])
    return Composition(
        labels=tuple(line.label for line in lines),
        values=100 * shares,
        sigma=None if sigma is None else 100 * sigma,
        sigma_factors=None if of_factors is None else 100 * of_factors,
        unit=unit,
        factors=tuple(float(one) for one in factors),
        masked=masked,
        axes=lines[0].axes,
        warnings=tuple(warnings),
    )


def _along(factors: FloatArray, values: FloatArray) -> FloatArray:
    return factors.reshape(-1, *(1,) * (values.ndim - 1))


def _propagate(
    shares: FloatArray, factors: FloatArray, total: FloatArray, spreads: FloatArray
) -> FloatArray:
    """Return σ of shares w_i = f_i x_i / T with var(x_j): Σ_j (f_j (δ_ij − w_i) / T)² var(x_j)."""
    variance = np.zeros_like(shares)
    for own in range(len(shares)):
        for other in range(len(shares)):
            slope = factors[other] * (float(own == other) - shares[own]) / total
            variance[own] += slope**2 * spreads[other]
    return np.sqrt(variance)

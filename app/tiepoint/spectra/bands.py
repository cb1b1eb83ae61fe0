"""Bands of Raman, cathodoluminescence, infrared or diffraction spectra: area, centre, width.

Everything is integrated over the **axis**, not over channels, so that axes with uneven steps
(gratings, wavelengths turned into energies) come out right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.spectra.axis import centres, channels, spectral_axis, words
from tiepoint.spectra.rows import rows
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Progress
    from tiepoint.spectra.windows import Window
    from tiepoint.support.arrays import AnyArray, FloatArray

HC_EV_NM = 1239.841984332
"""h·c in eV nm (exact constants of the SI of 2019)."""

_END_SHARE = 0.1  # of the window's channels at each end, averaged for the baseline


@dataclass(frozen=True, eq=False)
class BandMaps:
    """A band in every pixel.

    Attributes
    ----------
    area
        (…) ∫ (I − baseline) dx over the window, trapezoidal; `area_unit`.
    height
        (…) highest value above the baseline; unit of the values.
    centre
        (…) centroid ∫ x (I − baseline) dx / area in `unit`; NaN where the band is not seen.
    width
        (…) full width at half height in `unit`, by straight lines between channels; NaN where the
        band is not seen or does not fall to half inside the window.
    seen
        (…) whether the height exceeds three times the scatter of the baseline's ends.
    axes
        Of the maps.
    window, unit
        The band, in the unit of the axis (eV after `as_energy`).
    baseline
        ``"linear"`` or ``"none"``.
    warnings
        Sentences, among them how wavelengths were turned into energies.
    counts
        Whether the intensities are counts.
    """

    area: FloatArray
    height: FloatArray
    centre: FloatArray
    width: FloatArray
    seen: AnyArray
    axes: tuple[Axis, ...]
    window: Window
    unit: str | None
    baseline: str
    warnings: tuple[str, ...] = ()
    counts: bool = False

    @property
    def area_unit(self) -> str:
        """Unit of the area."""
        return f"{'counts' if self.counts else 'intensity'} × {self.unit or 'channel'}"


def band_maps(
    source: ArrayLike,
    axes: Sequence[Axis],
    window: Window,
    *,
    baseline: bool = True,
    as_energy: bool = False,
    progress: Progress | None = None,
) -> BandMaps:
    """Return area, height, centre and width of a band in every pixel.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order; the spectral one uniform or not, rising or falling.
    window
        Two ends in the unit of the axis (also with `as_energy`).
    baseline
        Take off the straight line through the means of the first and the last tenth of the
        window's channels (at least one channel each).
    as_energy
        Turn a wavelength axis into photon energy in eV, and the values, which are per
        wavelength, into values per energy: ``I(E) = I(λ) · hc / E²`` (J. Mooney and P. Kambhampati,
        Journal of Physical Chemistry Letters 4 (2013) 3316–3318). Areas without a baseline stay the
        same; centres and widths do not.
    progress
        Called with the share done before each block; what it raises stops the work.

    Raises
    ------
    TiepointError
        If the window misses the axis or holds fewer than three channels, or the axis is no
        wavelength where one is needed.
    """
    place = spectral_axis(axes)
    axis = axes[place]
    found = channels(axis, window)
    if found.count < 3:
        raise TiepointError(
            f"The window {words(found.window, axis.unit)} holds {found.count} channels;"
            " a band needs at least three."
        )
    inside = centres(axis)[found.first : found.last + 1]
    positions, factors, unit, notes = _scale(inside, axis, as_energy)
    order = np.argsort(positions)
    others = tuple(one for index, one in enumerate(axes) if index != place)
    shape = tuple(one.size for one in others)
    out = np.full((4, *shape), np.nan)
    seen = np.zeros(shape, bool)
    for where, block in rows(source, axes, found.first, found.last, progress):
        values = block[..., order] * factors[order]
        out[(slice(None), *where)], seen[where] = _measure(positions[order], values, baseline)
    ends = sorted((float(positions[0]), float(positions[-1])))
    return BandMaps(
        area=out[0],
        height=out[1],
        centre=out[2],
        width=out[3],
        seen=seen,
        axes=others,
        window=(ends[0], ends[1]) if as_energy else found.window,
        unit=unit,
        baseline="linear" if baseline else "none",
        warnings=notes,
        counts=source.dtype.kind in "ui",
    )


def _scale(
    positions: FloatArray, axis: Axis, as_energy: bool
) -> tuple[FloatArray, FloatArray, str | None, tuple[str, ...]]:
    """Return positions, what values are multiplied by, their unit, and what to say about it."""
    if not as_energy:
        return positions, np.ones_like(positions), axis.unit, ()
    unit = length_unit(axis.unit)
    if unit is None or positions.min() <= 0:
        raise TiepointError(
            f"The {axis.name} axis is in {axis.unit or 'channels'}, no wavelength; only wavelengths"
            " can be turned into photon energies."
        )
    energies = HC_EV_NM / (positions * unit_ratio(unit, "nm"))
    # |dλ/dE| in the axis' own unit per eV: λ / E.
    note = (
        "Wavelengths were turned into photon energies, and values per wavelength into values per"
        " energy by the factor hc/E²."
    )
    return energies, positions / energies, "eV", (note,)


def _measure(x: FloatArray, values: AnyArray, baseline: bool) -> tuple[FloatArray, AnyArray]:
    """Return (4, …) area, height, centre, width of rising x and (…, C) values, and what is seen."""
    values = values.astype(float)
    ends = max(int(_END_SHARE * x.size), 1)
    rest = values - _line(x, values, ends)
    noise = np.concatenate([rest[..., :ends], rest[..., -ends:]], axis=-1).std(axis=-1)
    above = rest if baseline else values
    area = _integral(above, x)
    height = above.max(axis=-1)
    seen = (height > 3 * noise) & (height > 0) & (area > 0)
    fair = np.where(seen, area, np.nan)
    centre = _integral(above * x, x) / fair
    width = np.where(seen, _half_width(x, above, height), np.nan)
    return np.stack([area, height, centre, width]), seen


def _integral(values: FloatArray, x: FloatArray) -> FloatArray:
    """Return ∫ values dx by the trapezoidal rule, (…) of (…, C)."""
    return np.asarray(((values[..., 1:] + values[..., :-1]) / 2 * np.diff(x)).sum(axis=-1))


def _line(x: FloatArray, values: FloatArray, ends: int) -> FloatArray:
    """Return the straight line through the means of both ends."""
    left, right = values[..., :ends].mean(axis=-1), values[..., -ends:].mean(axis=-1)
    near, far = x[:ends].mean(), x[-ends:].mean()
    share = (x - near) / (far - near)
    return np.asarray(left[..., None] * (1 - share) + right[..., None] * share)


def _half_width(x: FloatArray, above: FloatArray, height: FloatArray) -> FloatArray:
    """Return the distance between the crossings of half height on both sides of the maximum."""
    top = above.argmax(axis=-1)[..., None]
    low = above < height[..., None] / 2
    index = np.arange(x.size)
    left = np.where(low & (index < top), index, -1).max(axis=-1)
    right = np.where(low & (index > top), index, x.size).min(axis=-1)
    inside = (left >= 0) & (right < x.size)
    left, right = np.where(inside, left, 0), np.where(inside, right, x.size - 1)
    width = _crossing(x, above, height / 2, right, right - 1) - _crossing(
        x, above, height / 2, left, left + 1
    )
    return np.where(inside, width, np.nan)


def _crossing(
    x: FloatArray, above: FloatArray, level: FloatArray, outer: AnyArray, inner: AnyArray
) -> FloatArray:
    """Return where the straight line between two neighbouring channels crosses a level."""
    low = np.take_along_axis(above, outer[..., None], -1)[..., 0]
    high = np.take_along_axis(above, inner[..., None], -1)[..., 0]
    step = np.where(high > low, high - low, 1.0)
    return np.asarray(x[outer] + (x[inner] - x[outer]) * (level - low) / step)

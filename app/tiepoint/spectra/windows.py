"""Windows of a line or an edge, and where its background is to be taken."""

from __future__ import annotations

from math import sqrt
from typing import Literal, TypeAlias

from tiepoint.model.dataset import MapRecipe
from tiepoint.spectra.lines import Edge, Line
from tiepoint.support.errors import TiepointError

Window: TypeAlias = tuple[float, float]
"""Lower and upper end, both included."""

Background: TypeAlias = Literal["none", "linear", "power law"]
"""What is subtracted under a line or an edge."""

MN_KA_EV = 5895.0
"""Mn Kα, at which the resolution of an energy-dispersive detector is stated."""

DEFAULT_FWHM_MN_EV = 130.0
"""A silicon drift detector in good order; used where the file does not say."""

_FANO_EV = 2.5  # 8 ln 2 · Fano factor of Si (0.12) · 3.76 eV per electron-hole pair


def detector_fwhm_kev(energy_kev: float, fwhm_mn_ev: float = DEFAULT_FWHM_MN_EV) -> float:
    """Return the width of a line on an energy-dispersive silicon detector.

    ``FWHM² = FWHM_Mn² + 2.5 eV · (E − E_Mn)``: C. E. Fiori and D. E. Newbury, Scanning Electron
    Microscopy 1978/I, 401–422.

    Parameters
    ----------
    energy_kev
        Energy of the line in keV.
    fwhm_mn_ev
        Resolution at Mn Kα in eV. Below 121 eV, where the formula leaves no electronic noise,
        the width scales with the square root of the energy.

    Returns
    -------
    float
        Full width at half maximum in keV.

    Raises
    ------
    TiepointError
        If either number is not positive.
    """
    if not (energy_kev > 0 and fwhm_mn_ev > 0):
        raise TiepointError("The line energy and the detector resolution must be positive.")
    noise = fwhm_mn_ev**2 - _FANO_EV * MN_KA_EV
    if noise < 0:
        return fwhm_mn_ev * sqrt(energy_kev * 1000 / MN_KA_EV) / 1000
    return sqrt(noise + _FANO_EV * energy_kev * 1000) / 1000


def default_window(line: Line, fwhm_mn_ev: float = DEFAULT_FWHM_MN_EV) -> Window:
    """Return ``[E − FWHM, E + FWHM]`` in keV: 98 % of a Gaussian peak."""
    width = detector_fwhm_kev(line.energy_kev, fwhm_mn_ev)
    return line.energy_kev - width, line.energy_kev + width


def flanks(window: Window) -> tuple[Window, Window]:
    """Return a background window on each side: half as wide, a quarter width away."""
    low, high = window
    width = high - low
    return (low - 0.75 * width, low - 0.25 * width), (high + 0.25 * width, high + 0.75 * width)


def edge_window(edge: Edge) -> Window:
    """Return the integration window behind the onset in eV: 15 % of the onset, 15 to 50 eV."""
    return edge.onset_ev, edge.onset_ev + min(max(0.15 * edge.onset_ev, 15.0), 50.0)


def pre_edge(window: Window) -> tuple[Window]:
    """Return the fit window in front of an edge that starts with `window`: 85 to 98.5 % of it."""
    return ((0.85 * window[0], 0.985 * window[0]),)


def default_background(window: Window, background: Background) -> tuple[Window, ...]:
    """Return the background windows used where none are given, in the unit of `window`."""
    if background == "linear":
        return flanks(window)
    return pre_edge(window) if background == "power law" else ()


def recipe_for(
    source: str,
    item: Line | Edge,
    net: bool = False,
    fwhm_mn_ev: float = DEFAULT_FWHM_MN_EV,
) -> MapRecipe:
    """Return the map of a line or an edge as a recipe.

    Parameters
    ----------
    source
        Id of the spectrum image.
    item
        What to map.
    net
        Subtract the background: linear for a line, a power law for an edge.
    fwhm_mn_ev
        Resolution of the detector at Mn Kα (lines only).
    """
    if isinstance(item, Line):
        window, unit = default_window(item, fwhm_mn_ev), "keV"
    else:
        window, unit = edge_window(item), "eV"
    background: Background = "none"
    if net:
        background = "linear" if isinstance(item, Line) else "power law"
    return MapRecipe(
        source=source,
        label=item.label,
        window=window,
        unit=unit,
        background=background,
        background_windows=default_background(window, background),
    )

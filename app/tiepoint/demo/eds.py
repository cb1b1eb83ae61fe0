"""The EDS spectrum image of the lamella: X-ray lines, bremsstrahlung, detector, counting noise.

Line energies, branching ratios and fluorescence yields are those of xraydb (Elam, Ravel and
Sieber, Radiat. Phys. Chem. 63:121, 2002); ionisation follows Bethe, the continuum Kramers. The
foil is thin: no absorption, no fluorescence.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.noise import Image, stream
from tiepoint.demo.phases import ELEMENTS, MATERIALS, Phase
from tiepoint.demo.sizes import ENERGY_STEP_KEV
from tiepoint.demo.stem import lamella_thickness

if TYPE_CHECKING:
    from tiepoint.demo.twin import Twin
    from tiepoint.support.arrays import AnyArray, FloatArray

BEAM_KEV = 200.0
MN_KA_KEV, RESOLUTION_MN_KA_KEV = 5.8951, 0.130
_COUNTS_OF_MATRIX = 420.0
_ELECTRONS_IN = {"K": 2, "L1": 2, "L2": 2, "L3": 4, "M1": 2, "M2": 2, "M3": 4, "M4": 4, "M5": 6}
# Carbon contamination everywhere and the copper of the grid: what every real map holds too.
_CARBON, _COPPER = 0.035, 0.012
_STRAP_CARBON = 0.9


def resolution_kev(energy_kev: FloatArray) -> FloatArray:
    """Return the full width at half maximum of a line (Fiori & Newbury, SEM 1978/I:401)."""
    variance = 2.5e-3 * (energy_kev - MN_KA_KEV) + RESOLUTION_MN_KA_KEV**2
    return np.asarray(np.sqrt(np.maximum(variance, 1e-4)), float)


def energies_kev(channels: int) -> FloatArray:
    """Return the energy (channels,) of every channel's centre."""
    return np.arange(channels, dtype=float) * ENERGY_STEP_KEV


def spectrum_image(twin: Twin, fractions: Image) -> AnyArray:
    """Return the spectrum image (y, x, energy), uint8 counts.

    Parameters
    ----------
    fractions
        From `tiepoint.demo.stem.phase_fractions`.
    """
    rng = stream(twin.seed, "eds")
    factor = twin.sizes.haadf // twin.sizes.eds
    thickness, strap = lamella_thickness(twin)
    amounts = _binned(fractions * thickness, factor)
    phases = phase_spectra(twin.sizes.channels)
    expected = np.tensordot(amounts, phases, (0, 0)).astype(np.float32)
    stray = _CARBON * element_spectrum("C", twin.sizes.channels)
    stray = stray + _COPPER * element_spectrum("Cu", twin.sizes.channels)
    expected += stray.astype(np.float32)
    coat = _STRAP_CARBON * element_spectrum("C", twin.sizes.channels).astype(np.float32)
    expected += _binned(strap[None], factor)[0][..., None] * coat
    scale = _COUNTS_OF_MATRIX / phases[Phase.MATRIX].sum()
    counts = np.empty(expected.shape, np.uint8)
    for row, line in enumerate(expected):
        counts[row] = np.minimum(rng.poisson(line * scale), 255)
    return counts


def _binned(maps: Image, factor: int) -> Image:
    """Average maps (n, y, x) over blocks of pixels."""
    n, height, width = maps.shape
    blocks = maps.reshape(n, height // factor, factor, width // factor, factor)
    return np.asarray(blocks.mean(axis=(2, 4)))


def phase_spectra(channels: int) -> FloatArray:
    """Return the expected spectrum per thickness of every phase, (8, channels)."""
    spectra = np.zeros((len(Phase), channels))
    for phase in Phase:
        material = MATERIALS[phase]
        for element, fraction in material.mass_fractions.items():
            if element != "H":
                part = element_spectrum(element, channels)
                spectra[phase] += material.density * fraction * part
    return spectra


@lru_cache(maxsize=64)
def element_spectrum(element: str, channels: int) -> FloatArray:
    """Return the expected spectrum (channels,) of a pure element per mass thickness."""
    energy = energies_kev(channels)
    spectrum = _continuum(element, energy)
    for line_kev, intensity in _lines(element):
        sigma = resolution_kev(np.array(line_kev)) / np.sqrt(8 * np.log(2))
        peak = np.exp(-0.5 * ((energy - line_kev) / sigma) ** 2)
        spectrum += intensity * peak * ENERGY_STEP_KEV / (sigma * np.sqrt(2 * np.pi))
    return spectrum


def _lines(element: str) -> list[tuple[float, float]]:
    """Return (energy in keV, detected intensity per mass) of the lines above 0.15 keV."""
    import xraydb

    edges = xraydb.xray_edges(element)
    lines = []
    for line in xraydb.xray_lines(element).values():
        level = line.initial_level.split(",")[0]
        if level not in _ELECTRONS_IN or line.energy < 150:
            continue
        edge_kev = edges[level].energy / 1e3
        ionised = _ELECTRONS_IN[level] * np.log(BEAM_KEV / edge_kev) / edge_kev
        emitted = ionised * edges[level].fyield * line.intensity / ELEMENTS[element][1]
        energy_kev = line.energy / 1e3
        seen = float(_efficiency(np.array([energy_kev]))[0])
        lines.append((energy_kev, 1e3 * emitted * seen))
    return lines


def _continuum(element: str, energy_kev: FloatArray) -> FloatArray:
    """Return Kramers' continuum per channel, arriving at the detector."""
    number, weight = ELEMENTS[element]
    energy = np.maximum(energy_kev, 0.05)
    emitted = number**2 / weight * (BEAM_KEV - energy) / (BEAM_KEV * energy)
    seen = np.where(energy_kev >= 0.1, _efficiency(np.maximum(energy, 0.1)), 0)
    return np.asarray(6e-4 * emitted * seen)


def _efficiency(energy_kev: FloatArray) -> FloatArray:
    """Return the share of photons that a windowless silicon drift detector counts."""
    import xraydb

    ev = np.asarray(energy_kev) * 1e3
    silicon = xraydb.material_mu("Si", ev, density=2.33)  # 1/cm
    aluminium = xraydb.material_mu("Al", ev, density=2.70)
    dead, contact, active = 60e-7, 30e-7, 0.045  # cm
    through = np.exp(-silicon * dead - aluminium * contact)
    return np.asarray(through * (1 - np.exp(-silicon * active)))

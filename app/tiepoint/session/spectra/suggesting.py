"""Proposals of elements for the peaks of a spectrum: to be judged, never taken as found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.session.spectra.kinds import spectral_axis, spectroscopy
from tiepoint.session.spectra.naming import elements_in_range, names_of_elements
from tiepoint.spectra.axis import unit_factor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.spectra.lines import Line
    from tiepoint.spectra.regions import Spectrum
    from tiepoint.support.arrays import FloatArray

SEEN = 5.0
"""σ above its flanks from which a line counts as seen."""
LOWEST_KEV = 0.15
"""Below lies the detector's noise peak."""
CLOSE_FWHM = 0.35
"""How far a peak may lie from the line that explains it, in detector widths."""
CROWDED_KEV = 3.0
"""Below, lines of many elements coincide: peaks above it are explained first."""
FAMILIES = {"K": (3, 50, 0.4), "L": (21, 98, 0.1), "M": (57, 98, 0.0)}
"""First and last atomic number whose α line of this family is looked for, and its precedence."""
DELAYED_EV = 6.0
"""M4,5 edges rise slowly behind their onset: at an onset that is seen, others are likelier."""
OTHER_FAMILY = 8.0
"""How much stronger than the line found a line of another family may be."""
UNLIKELY = frozenset("He Ne Ar Kr Xe Rn Tc Pm Po At Fr Ra Ac Pa Np Pu Am Cm Bk Cf".split())
"""Noble gases and elements without a stable isotope: only where nothing else fits."""


@dataclass(frozen=True)
class Proposal:
    """An element that may explain a peak.

    Attributes
    ----------
    element
        Symbol.
    label
        The line or edge at the peak: ``"Fe Kα"``.
    position
        Of that line, in the unit of the axis.
    reason
        What speaks for or against it, in words.
    rank
        Higher is likelier; only the order means something.
    """

    element: str
    label: str
    position: float
    reason: str
    rank: float


def proposals_at(dataset: Dataset, spectrum: Spectrum, position: float) -> list[Proposal]:
    """Return the elements with a line or an edge at a place of a spectrum, likeliest first.

    Parameters
    ----------
    dataset
        Says whether lines or edges are meant.
    spectrum
        Whose other peaks speak for or against an element.
    position
        In the unit of the axis.
    """
    kind = spectroscopy(dataset)
    if kind == "bands":
        return []
    if kind == "energy loss":
        return _edges_at(dataset, position)
    view = _View(dataset, spectrum)
    energy = position / view.factor
    near = _alpha_lines(energy, 0.75 * _fwhm(energy))
    return sorted((_judged(view, line, energy, ()) for line in near), key=lambda one: -one.rank)


def proposals_in(dataset: Dataset, spectrum: Spectrum, limit: int = 12) -> list[Proposal]:
    """Return elements that together explain the peaks of an X-ray spectrum, strongest peak first.

    Every peak goes to its likeliest element; the peaks of that element's other lines are then
    explained too. Only for X-ray spectra of whole counts.
    """
    if spectroscopy(dataset) != "x-ray" or not spectrum.counts:
        return []
    view = _View(dataset, spectrum)
    allowed = elements_in_range(dataset)
    chosen: dict[str, Proposal] = {}
    covered: list[tuple[float, float]] = []
    for energy in sorted(view.peaks(), key=lambda place: place < CROWDED_KEV):
        counts, _ = view.net(energy)
        if any(
            abs(energy - place) < 0.6 * _fwhm(energy) and counts <= most for place, most in covered
        ):
            continue
        near = _alpha_lines(energy, max(CLOSE_FWHM * _fwhm(energy), 0.02))
        explained = [place for place, _ in covered]
        choices = [
            _judged(view, line, energy, explained) for line in near if line.element in allowed
        ]
        best = max(choices, key=lambda one: one.rank, default=None)
        if best is None or best.rank <= 0:
            continue
        chosen.setdefault(best.element, best)
        covered += _covered(best, counts)
        if len(chosen) == limit:
            break
    return list(chosen.values())


class _View:
    """A spectrum in keV with the significance of what stands at an energy."""

    def __init__(self, dataset: Dataset, spectrum: Spectrum) -> None:
        self.factor = unit_factor("keV", spectral_axis(dataset))
        self.energies: FloatArray = spectrum.positions / self.factor
        self.counts = spectrum.total if spectrum.counts else None
        self.named = frozenset(names_of_elements(dataset))

    def net(self, energy: float) -> tuple[float, float]:
        """Return the counts at an energy above those on both sides, and 1 σ of that."""
        if self.counts is None:
            return 0.0, 1.0
        width = _fwhm(energy)
        away = np.abs(self.energies - energy)
        inside, beside = away <= 0.5 * width, (away >= width) & (away <= 1.6 * width)
        if not inside.any() or not beside.any():
            return 0.0, 1.0
        share = np.count_nonzero(inside) / np.count_nonzero(beside)
        signal, below = float(self.counts[inside].sum()), float(self.counts[beside].sum())
        return signal - share * below, float(np.sqrt(max(signal + share**2 * below, 1.0)))

    def significance(self, energy: float) -> float:
        """Return by how many σ the channels at an energy exceed those on both sides."""
        above, sigma = self.net(energy)
        return above / sigma

    def peaks(self) -> Iterator[float]:
        """Yield the energies of significant peaks, strongest first."""
        from scipy.ndimage import gaussian_filter1d
        from scipy.signal import find_peaks

        if self.counts is None or self.energies.size < 8:
            return
        step = abs(float(np.diff(self.energies).mean()))
        smooth = gaussian_filter1d(self.counts, max(0.25 * _fwhm(2.0) / step, 1.0))
        places, _ = find_peaks(smooth)
        found = [float(self.energies[place]) for place in places]
        ranked = [(self.significance(energy), energy) for energy in found if energy > LOWEST_KEV]
        for strength, energy in sorted(ranked, reverse=True):
            if strength >= SEEN:
                yield energy


def _judged(view: _View, line: Line, energy_kev: float, explained: Sequence[float]) -> Proposal:
    """Say how well an element explains a peak, by whether its other lines show as they must.

    A peak that another element explains already speaks for nobody.
    """
    others = [one for one in _lines(line.element) if _can_be_checked(view, line, one)]
    seen = [
        one
        for one in others
        if view.significance(one.energy_kev) >= SEEN
        and all(abs(one.energy_kev - e) > _fwhm(e) for e in explained)
    ]
    unseen = [one for one in others if one not in seen and _must_show(view, line, one)]
    distance = abs(energy_kev - line.energy_kev) / _fwhm(line.energy_kev)
    rank = 1 + FAMILIES[line.family][2] + 0.5 * min(len(seen), 2) - 1.2 * len(unseen) - distance
    rank += 0.5 * (line.element in view.named) - 1.5 * (line.element in UNLIKELY)
    return Proposal(
        line.element,
        line.label,
        line.energy_kev * view.factor,
        _reason([one.label for one in seen], [one.label for one in unseen]),
        rank,
    )


def _can_be_checked(view: _View, line: Line, other: Line) -> bool:
    """Whether another line of the element lies apart, on the axis and where peaks are clear."""
    inside = float(view.energies.min()) < other.energy_kev < float(view.energies.max())
    apart = abs(other.energy_kev - line.energy_kev) > 1.8 * _fwhm(line.energy_kev)
    return inside and apart and other.weight >= 0.1 and other.energy_kev > 0.5


def _must_show(view: _View, line: Line, other: Line) -> bool:
    """Whether half of what the tables promise of another line would stand out.

    Across families the tables promise nothing, save the Mα of an element with a hard Lα.
    """
    above, _ = view.net(line.energy_kev)
    _, noise = view.net(other.energy_kev)
    if other.family != line.family:
        hard = line.energy_kev > CROWDED_KEV and line.family == "L" and other.name == "Mα"
        return hard and above > 2 * SEEN * noise
    return 0.5 * above * other.weight / line.weight > SEEN * noise


def _alpha_lines(energy_kev: float, reach_kev: float) -> list[Line]:
    """Return the α lines near an energy that are worth a thought."""
    from tiepoint.spectra import atoms
    from tiepoint.spectra.lines import lines_near

    found = []
    for one in lines_near(energy_kev, reach_kev):
        first, last, _ = FAMILIES[one.family]
        number = atoms.symbols().index(one.element) + 1
        if one.name == f"{one.family}α" and first <= number <= last:
            found.append(one)
    return found


def _covered(found: Proposal, counts: float) -> list[tuple[float, float]]:
    """Return where an element's other lines lie, and up to how many counts they explain a peak.

    Within a family the tables give the ratio; between families excitation and absorption do.
    """
    lines = _lines(found.element)
    family = next(line.family for line in lines if line.label == found.label)
    return [
        (
            line.energy_kev,
            counts * (2 * line.weight if line.family == family else OTHER_FAMILY * line.weight),
        )
        for line in lines
    ]


def _reason(seen: list[str], unseen: list[str]) -> str:
    parts = []
    if seen:
        parts.append(f"{', '.join(seen)} also stand{'s' if len(seen) == 1 else ''} out")
    if unseen:
        parts.append(f"{', '.join(unseen)} {'is' if len(unseen) == 1 else 'are'} not seen")
    return "; ".join(parts) or "no other line to check it by"


def _edges_at(dataset: Dataset, position: float) -> list[Proposal]:
    from tiepoint.spectra.lines import edges_near

    factor = unit_factor("eV", spectral_axis(dataset))
    onset = position / factor
    found = [
        Proposal(
            one.element,
            one.label,
            one.onset_ev * factor,
            f"onset at {one.onset_ev:.0f} eV",
            -abs(one.onset_ev - onset) - DELAYED_EV * (one.shell == "M4,5"),
        )
        for one in edges_near(onset, max(10.0, 0.02 * onset))
        if one.shell in ("K", "L2,3", "M4,5")
    ]
    return sorted(found, key=lambda one: -one.rank)


def _lines(element: str) -> tuple[Line, ...]:
    from tiepoint.spectra.lines import lines_of

    return lines_of(element)


def _fwhm(energy_kev: float) -> float:
    from tiepoint.spectra.windows import detector_fwhm_kev

    return detector_fwhm_kev(max(energy_kev, 0.05))

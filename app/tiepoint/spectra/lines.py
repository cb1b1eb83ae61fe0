"""X-ray lines and EELS edges: what they are called and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from tiepoint.spectra import atoms
from tiepoint.support.errors import TiepointError

Family = Literal["K", "L", "M"]

_GREEK = {"a": "α", "b": "β", "g": "γ", "z": "ζ", "n": "η", "l": "l"}
_GROUPS = {"Ka": ("Ka1", "Ka2"), "Kb": ("Kb1", "Kb3"), "La": ("La1", "La2")}
_LABELLED = (
    "Ka", "Kb", "La", "Lb1", "Lb2,15", "Lg1", "Ll", "Ma", "Mb", "Mg", "Mz",
)  # fmt: skip
_DOUBLETS = {"L": ("L3", "L2"), "M": ("M5", "M4"), "N": ("N5", "N4"), "O": ("O5", "O4")}
_OUTER_DOUBLETS = {"M": ("M3", "M2"), "N": ("N3", "N2"), "O": ("O3", "O2")}
_FREE_LEVEL_EV = 20.0  # below this a tabulated "edge" is a valence level, not an edge in a spectrum


@dataclass(frozen=True)
class Line:
    """A characteristic X-ray line, or lines that no energy-dispersive detector separates.

    Attributes
    ----------
    element
        Symbol.
    name
        Siegbahn name in print form: ``"Kα"`` (Kα1 and Kα2), ``"Lβ1"`` …
    energy_kev
        Energy in keV; of a group, the mean weighted by intensity.
    family
        Shell of the vacancy.
    weight
        Strength relative to the α line of the family: a guide for drawing, see `atoms`.
    members
        Plain names of the transitions in it.
    """

    element: str
    name: str
    energy_kev: float
    family: Family
    weight: float
    members: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As printed: ``"Fe Kα"``."""
        return f"{self.element} {self.name}"


@dataclass(frozen=True)
class Edge:
    """An ionisation edge of an energy-loss spectrum.

    Attributes
    ----------
    element
        Symbol.
    shell
        ``"K"``, ``"L3"``, ``"L2,3"``, ``"M4,5"`` …
    onset_ev
        Energy loss at the onset in eV; of a doublet, the lower one.
    """

    element: str
    shell: str
    onset_ev: float

    @property
    def label(self) -> str:
        """As printed: ``"O K"``."""
        return f"{self.element} {self.shell}"


def print_name(key: str) -> str:
    """Turn a plain line name into print form: ``"Ka1"`` into ``"Kα1"``."""
    return key[0] + _GREEK.get(key[1], key[1]) + key[2:]


@cache
def line(element: str, key: str) -> Line | None:
    """Return the line `key` (``"Ka"``, ``"Lb1"`` …) of `element`, ``None`` if it has none."""
    table = atoms.transitions(element)
    members = tuple(name for name in _GROUPS.get(key, (key,)) if name in table)
    if not members:
        return None
    strength = sum(table[name].strength for name in members)
    energy = sum(table[name].strength * table[name].energy_ev for name in members) / strength
    alpha = sum(table[n].strength for n in _alpha_members(key[0]) if n in table) or strength
    family: Family = "K" if key[0] == "K" else "L" if key[0] == "L" else "M"
    energy_kev = round(energy, 3) / 1000
    return Line(element, print_name(key), energy_kev, family, strength / alpha, members)


def _alpha_members(shell: str) -> tuple[str, ...]:
    return _GROUPS.get(f"{shell}a", (f"{shell}a",))


@cache
def _labelled_lines(element: str) -> tuple[Line, ...]:
    found = [line(element, key) for key in _LABELLED]
    return tuple(sorted((one for one in found if one), key=lambda one: one.energy_kev))


def lines_of(element: str, max_energy_kev: float | None = None) -> tuple[Line, ...]:
    """Return the lines of `element` that are worth a label, by rising energy.

    Parameters
    ----------
    element
        Symbol, any case.
    max_energy_kev
        Leave out lines above this energy (the beam, or the end of the axis).
    """
    limit = float("inf") if max_energy_kev is None else max_energy_kev
    return tuple(one for one in _labelled_lines(atoms.symbol(element)) if one.energy_kev <= limit)


def lines_near(
    energy_kev: float, tolerance_kev: float = 0.05, min_weight: float = 0.01
) -> tuple[Line, ...]:
    """Return the lines of all elements within ``energy ± tolerance`` (keV), nearest first.

    Parameters
    ----------
    energy_kev, tolerance_kev
        Where to look.
    min_weight
        Leave out lines weaker than this share of their family's α line.
    """
    near = [
        one
        for element in atoms.symbols()
        for one in _labelled_lines(element)
        if abs(one.energy_kev - energy_kev) <= tolerance_kev and one.weight >= min_weight
    ]
    return tuple(sorted(near, key=lambda one: (abs(one.energy_kev - energy_kev), -one.weight)))


def principal_line(element: str, max_energy_kev: float = 12.0) -> Line:
    """Return the line that stands for `element`: Kα, else Lα, else Mα, within the energy limit.

    Raises
    ------
    TiepointError
        If all three lie above `max_energy_kev`, or the element emits no X-rays (H, He).
    """
    name = atoms.symbol(element)
    for key in ("Ka", "La", "Ma"):
        found = line(name, key)
        if found is not None and found.energy_kev <= max_energy_kev:
            return found
    known = ", ".join(f"{one.name} {one.energy_kev:.3g} keV" for one in lines_of(name))
    if not known:
        raise TiepointError(f"{name} has no X-ray line in the tables.")
    raise TiepointError(f"{name} has no α line up to {max_energy_kev:g} keV; it has {known}.")


@cache
def edge(element: str, shell: str) -> Edge | None:
    """Return an edge of `element`, ``None`` if it has none.

    Parameters
    ----------
    element
        Symbol.
    shell
        A subshell (``"L3"``), a doublet (``"L2,3"``) or a shell (``"L"``: its strong doublet).
    """
    onsets = atoms.onsets_ev(element)
    if shell == "K" or (len(shell) == 2 and shell in onsets):
        return Edge(element, shell, onsets[shell]) if shell in onsets else None
    doublet = _doublet(onsets, shell)
    if doublet is None:
        return None
    lower, upper = sorted(doublet)
    return Edge(element, f"{lower},{upper[1]}", min(onsets[name] for name in doublet))


def _doublet(onsets: dict[str, float], shell: str) -> tuple[str, str] | None:
    if len(shell) == 1:
        for choice in (_DOUBLETS.get(shell), _OUTER_DOUBLETS.get(shell)):
            if choice and all(onsets.get(name, 0) >= _FREE_LEVEL_EV for name in choice):
                return choice
        return None
    digits = sorted(shell[1:].replace(",", ""))
    names = tuple(shell[0] + digit for digit in digits)
    return (names[0], names[1]) if len(names) == 2 and set(names) <= set(onsets) else None


def edges_of(
    element: str, min_energy_ev: float = 20.0, max_energy_ev: float = 3000.0
) -> tuple[Edge, ...]:
    """Return the edges of `element` between two energy losses (eV), doublets as one, rising."""
    name = atoms.symbol(element)
    shells = ("K", "L1", "L2,3", "M1", "M2,3", "M4,5", "N4,5", "O4,5")
    found = [one for shell in shells if (one := edge(name, shell))]
    inside = [one for one in found if min_energy_ev <= one.onset_ev <= max_energy_ev]
    return tuple(sorted(inside, key=lambda one: one.onset_ev))


def edges_near(onset_ev: float, tolerance_ev: float = 10.0) -> tuple[Edge, ...]:
    """Return the edges of all elements with an onset within ``± tolerance`` (eV), nearest first."""
    low, high = onset_ev - tolerance_ev, onset_ev + tolerance_ev
    near = [one for name in atoms.symbols() for one in edges_of(name, max(low, 20.0), high)]
    return tuple(sorted(near, key=lambda one: abs(one.onset_ev - onset_ev)))

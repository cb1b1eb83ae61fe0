"""Reading what people type for a line or an edge: ``Fe Ka``, ``fe kα1``, ``Gd_La``, ``O K``."""

from __future__ import annotations

import re

from tiepoint.spectra import atoms
from tiepoint.spectra.lines import (
    Edge,
    Line,
    edge,
    edges_of,
    line,
    lines_of,
    principal_line,
    print_name,
)
from tiepoint.support.errors import TiepointError

_PLAIN = str.maketrans("αβγζηℓ₀₁₂₃₄₅₆₇₈₉", "abgznl0123456789")
_WORDS = (("alpha", "a"), ("beta", "b"), ("gamma", "g"), ("zeta", "z"), ("eta", "n"))
_LINE = re.compile(r"([klm])([abglnz])([0-9,]*)")
_SHELL = re.compile(r"([klmno])([1-7]?(?:,?[1-7])?)")
_ALIASES = {
    "Ka1,2": "Ka", "Ka12": "Ka", "Kb1,3": "Kb", "Kb13": "Kb", "La1,2": "La", "La12": "La",
    "Lb": "Lb1", "Lg": "Lg1", "Lb2": "Lb2,15", "Lb15": "Lb2,15", "Ma1": "Ma", "Ma1,2": "Ma",
    "Mb1": "Mb", "Mz1": "Mz",
}  # fmt: skip


def parse(text: str, max_energy_kev: float = 12.0) -> Line | Edge:
    """Read a line (``"Fe Ka"``, ``"Gd La"``), an edge (``"O K"``) or an element (``"Mg"``).

    Parameters
    ----------
    text
        Any case; Greek or Latin letters; space, ``_``, ``-`` or nothing after the symbol.
    max_energy_kev
        For an element alone: its principal line up to this energy is meant.

    Raises
    ------
    TiepointError
        If there is no such element, line or edge; says which ones there are.
    """
    element, rest = _split(text)
    if not rest:
        return principal_line(element, max_energy_kev)
    if _SHELL.fullmatch(rest):
        return _edge(element, rest)
    return _line(element, rest)


def parse_line(text: str, max_energy_kev: float = 12.0) -> Line:
    """Read an X-ray line; a shell alone means its α line (``"O K"`` is O Kα).

    Raises
    ------
    TiepointError
        If there is no such element or line.
    """
    element, rest = _split(text)
    if not rest:
        return principal_line(element, max_energy_kev)
    return _line(element, rest + "a" if rest in ("k", "l", "m") else rest)


def parse_edge(text: str) -> Edge:
    """Read an edge; an element alone means its lowest edge above 100 eV, else its highest.

    Raises
    ------
    TiepointError
        If there is no such element or edge.
    """
    element, rest = _split(text)
    if rest:
        return _edge(element, rest)
    strong = [one for one in edges_of(element) if one.shell in ("K", "L2,3", "M4,5")]
    if not strong:
        raise TiepointError(f"{element} has no edge between 20 and 3000 eV.")
    return next((one for one in strong if one.onset_ev >= 100), strong[-1])


def _split(text: str) -> tuple[str, str]:
    """Return the element's symbol and the rest in plain lower case without separators."""
    plain = text.strip().translate(_PLAIN)
    if not plain:
        raise TiepointError("Name a line such as “Fe Ka”, an edge such as “O K” or an element.")
    head, *tail = re.split(r"[\s_\-]+", plain, maxsplit=1)
    if tail:
        return atoms.symbol(head), _tidy(tail[0])
    for length in (2, 1):
        rest = _tidy(plain[length:])
        known = plain[:length].capitalize() in atoms.symbols()
        if known and (not rest or _LINE.fullmatch(rest) or _SHELL.fullmatch(rest)):
            return atoms.symbol(plain[:length]), rest
    return atoms.symbol(plain), ""


def _tidy(rest: str) -> str:
    word = re.sub(r"[\s_\-]+", "", rest.lower())
    for name, letter in _WORDS:
        word = word.replace(name, letter)
    return word


def _line(element: str, rest: str) -> Line:
    match = _LINE.fullmatch(rest)
    if match:
        key = match[1].upper() + match[2] + match[3]
        found = line(element, _ALIASES.get(key, key))
        if found:
            return found
    known = ", ".join(one.name for one in lines_of(element))
    has = f"its lines are {known}" if known else "it emits no X-ray line"
    name = print_name(match[1].upper() + match[2] + match[3]) if match else rest
    raise TiepointError(f"{element} has no line “{name}”; {has}.")


def _edge(element: str, rest: str) -> Edge:
    match = _SHELL.fullmatch(rest)
    found = edge(element, match[1].upper() + match[2]) if match else None
    if found:
        return found
    known = ", ".join(
        f"{one.shell} ({one.onset_ev:.0f} eV)" for one in edges_of(element, 20.0, 2e5)
    )
    name = rest[:1].upper() + rest[1:]
    raise TiepointError(f"{element} has no edge “{name}”; its edges are {known or 'none'}.")

"""Mass ranges: which ion a mass-to-charge ratio is. RRNG and RNG of CAMECA, ENV of the GPM.

Formats: B. Gault, M. P. Moody, J. M. Cairney, S. P. Ringer, *Atom Probe Microscopy* (Springer
2012), appendix A; D. J. Larson et al., *Local Electrode Atom Probe Tomography* (Springer 2013).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.sdk import TiepointError, readable_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

PATTERNS = (".rrng", ".rng", ".env")
UNRANGED = -1
MOST_BYTES = 1 << 24
_RRNG = re.compile(r"^\s*Range\d+\s*=\s*(\S+)\s+(\S+)\s*(.*)$", re.IGNORECASE | re.MULTILINE)
_COUNT = re.compile(r"\[Ranges\]\s*\r?\n\s*Number\s*=\s*(\d+)", re.IGNORECASE)
_SYMBOL = re.compile(r"([A-Z][a-z]?)(\d*)")


@dataclass(frozen=True)
class IonRange:
    """One range.

    Attributes
    ----------
    low, high
        Mass-to-charge ratio in Da.
    atoms
        What the ion is made of: ``(("Ni", 1), ("O", 2))``; empty if the file does not say.
    name
        ``"NiO2"``, or the file's own word.
    colour
        ``"#rrggbb"``, empty if not stated.
    """

    low: float
    high: float
    atoms: tuple[tuple[str, int], ...]
    name: str
    colour: str = ""


@dataclass(frozen=True)
class RangeFile:
    """The ranges of one file and what is doubtful about them."""

    file: str
    ranges: tuple[IonRange, ...]
    warnings: tuple[str, ...] = ()

    @property
    def elements(self) -> tuple[str, ...]:
        """Every kind of atom, in the file's order."""
        return tuple(dict.fromkeys(name for r in self.ranges for name, _ in r.atoms))


def read_ranges(path: Path) -> RangeFile:
    """Return the ranges of a file.

    Raises
    ------
    TiepointError
        If it holds none, or fewer than it announces.
    """
    text = readable_text(path.read_bytes()[:MOST_BYTES])
    parse = {".rrng": _from_rrng, ".rng": _from_rng, ".env": _from_env}[path.suffix.lower()]
    try:
        announced, ranges = parse(text)
    except (ValueError, IndexError, StopIteration) as error:
        raise TiepointError(f"{path.name} is damaged or not a range file.") from error
    if not ranges:
        raise TiepointError(f"{path.name} holds no mass ranges.")
    if announced is not None and len(ranges) != announced:
        raise TiepointError(
            f"{path.name} announces {announced} ranges and holds {len(ranges)}; it is damaged."
        )
    return RangeFile(path.name, tuple(ranges), _overlaps(path.name, ranges))


def ranges_beside(path: Path) -> RangeFile | None:
    """Return the ranges that belong to a data file: of the same name, or alone in its folder.

    Raises
    ------
    TiepointError
        If the range file is damaged.
    """
    found = sorted(
        (p for p in path.parent.iterdir() if p.suffix.lower() in PATTERNS and p.is_file()),
        key=lambda p: (PATTERNS.index(p.suffix.lower()), p.name),
    )
    same = [p for p in found if p.stem.lower() == path.stem.lower()]
    if same:
        return read_ranges(same[0])
    if len(found) != 1:
        return None
    ranges = read_ranges(found[0])
    words = f"Ions are named by {found[0].name}, the only range file in the folder."
    return RangeFile(ranges.file, ranges.ranges, (words, *ranges.warnings))


def labels(mass: npt.NDArray[np.floating], ranges: Sequence[IonRange]) -> npt.NDArray[np.intp]:
    """Return the number of the range that each mass lies in, −1 for none.

    Parameters
    ----------
    mass
        (N,) mass-to-charge ratios in Da.
    ranges
        Where two overlap the earlier one counts. Both ends belong to a range.
    """
    edges = np.unique([end for r in ranges for end in (r.low, np.nextafter(r.high, np.inf))])
    middles = (edges[:-1] + edges[1:]) / 2
    of_interval = np.full(len(edges) + 1, UNRANGED, np.intp)
    for number in reversed(range(len(ranges))):
        r = ranges[number]
        of_interval[1:-1][(middles >= r.low) & (middles <= r.high)] = number
    return of_interval[np.searchsorted(edges, mass.astype(float), side="right")]


def _from_rrng(text: str) -> tuple[int | None, list[IonRange]]:
    count = _COUNT.search(text)
    ranges = [_rrng_range(*match.groups()) for match in _RRNG.finditer(text)]
    return int(count[1]) if count else None, ranges


def _rrng_range(low: str, high: str, rest: str) -> IonRange:
    atoms, name, colour = [], "", ""
    for word in rest.split():
        key, _, value = word.rpartition(":")
        if key.lower() == "color":
            colour = f"#{value.lower()}"
        elif key.lower() == "name":
            name = value
        elif key and key.lower() != "vol":
            atoms.append((key, round(_number(value))))
    return _range(low, high, atoms, name, colour)


def _from_rng(text: str) -> tuple[int | None, list[IonRange]]:
    """Read the first block; the polyatomic extension after it only renames its ranges."""
    lines = [line for line in text.splitlines() if line.strip()]
    kinds, announced = (int(word) for word in lines[0].split()[:2])
    named = [line.split() for line in lines[2 : 2 + 2 * kinds : 2]]
    symbols = [words[0] for words in named]
    colours = {words[0]: _hex(words[-3:]) for words in named}
    start = next(i for i, line in enumerate(lines) if line.lstrip().startswith("--")) + 1
    ranges = []
    for line in lines[start : start + announced]:
        words = line.split()
        numbers = [round(_number(word)) for word in words[3:]]
        if words[0] != "." or len(numbers) != kinds:
            raise ValueError(line)
        atoms = [(s, n) for s, n in zip(symbols, numbers, strict=True) if n > 0]
        colour = colours[atoms[0][0]] if len(atoms) == 1 else ""
        ranges.append(_range(words[1], words[2], atoms, "", colour))
    return announced, ranges


def _from_env(text: str) -> tuple[int | None, list[IonRange]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    start = next(i for i, line in enumerate(lines) if line.startswith("# Definition of")) + 1
    ranges = []
    for line in lines[start:]:
        if line.startswith("# Atom probe definition"):
            break
        words = line.split()
        if len(words) < 3 or line.startswith("#"):
            continue
        if _number(words[1]) < _number(words[2]):
            found = [(s, int(n or 1)) for s, n in _SYMBOL.findall(words[0])]
            whole = "".join(f"{s}{'' if n == 1 else n}" for s, n in found) == words[0]
            ranges.append(_range(words[1], words[2], found if whole else [], words[0], ""))
    return None, ranges


def _range(
    low: str, high: str, atoms: Iterable[tuple[str, int]], name: str, colour: str
) -> IonRange:
    start, end = _number(low), _number(high)
    if not 0 <= start < end:
        raise ValueError(f"{low} {high}")
    kept = tuple(atoms)
    words = "".join(f"{s}{'' if n == 1 else n}" for s, n in kept)
    return IonRange(start, end, kept, name or words or "unnamed", colour)


def _number(word: str) -> float:
    """Read a number with a decimal point or comma."""
    return float(word.replace(",", "."))


def _hex(words: Sequence[str]) -> str:
    parts = [min(255, max(0, round(255 * _number(word)))) for word in words]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _overlaps(name: str, ranges: Sequence[IonRange]) -> tuple[str, ...]:
    ordered = sorted(ranges, key=lambda r: r.low)
    pairs = [(a, b) for a, b in pairwise(ordered) if b.low < a.high - 1e-6 and a.atoms != b.atoms]
    if not pairs:
        return ()
    a, b = pairs[0]
    return (
        f"{len(pairs)} neighbouring ranges of {name} overlap, the first {a.name} and {b.name} at"
        f" {b.low:g} Da; the one that the file lists first counts.",
    )

"""Spectra of multichannel analysers as text: EPICS, Amptek, Maestro's .spe, and bare numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Axis, DatasetDraft, Metadata, TiepointError, known, readable_text

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

MOST_BYTES = 1 << 24
FEWEST = 16
NO_ENERGY = "The file states no energy calibration: channels are counted."
_NUMBERS = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Spectra:
    """Spectra of one file.

    Attributes
    ----------
    counts
        (detectors, channels).
    lines
        (offset, slope) in keV per detector, empty where not stated.
    words
        Header entries, verbatim.
    """

    counts: npt.NDArray[np.float64]
    lines: tuple[tuple[float, float], ...] = ()
    words: dict[str, Any] = field(default_factory=dict)


def is_spectrum(_path: Path, head: bytes) -> bool:
    """Whether the head is that of a text of numbers or of an analyser's header."""
    text = readable_text(head)
    start = text.lstrip()[:40].upper()
    if start.startswith(("VERSION:", "<<PMCA", "$", "#")):
        return True
    words = text.split()[:8]
    return bool(words) and all(_NUMBERS.fullmatch(word) for word in words)


def read(path: Path) -> list[DatasetDraft]:
    """Return one spectrum per detector.

    Raises
    ------
    TiepointError
        If there are no counts.
    """
    found = spectra(path)
    if found.counts.shape[1] < FEWEST:
        raise TiepointError(f"{path.name} is damaged or holds no spectrum.")
    return [_draft(path, found, number) for number in range(len(found.counts))]


def _draft(path: Path, found: Spectra, number: int) -> DatasetDraft:
    size = found.counts.shape[1]
    line = found.lines[number] if number < len(found.lines) else None
    axis = (
        Axis(name="Energy", size=size, offset=line[0], scale=line[1], unit="keV", role="energy")
        if line and line[1] > 0
        else Axis(name="Channel", size=size, role="energy")
    )
    return DatasetDraft(
        title=f"detector {number + 1}" if len(found.counts) > 1 else "",
        key=f"detector {number + 1}",
        technique="XRF" if axis.unit else "unknown",
        kind="spectrum",
        axes=(axis,),
        array=found.counts[number],
        metadata=Metadata(
            identification=known(acquired=found.words.get("DATE") or found.words.get("START_TIME"))
        ),
        original=partial(dict, found.words),
        warnings=() if axis.unit else (NO_ENERGY,),
    )


def spectra(path: Path) -> Spectra:
    """Return what the file holds, whichever of the forms it is in.

    Raises
    ------
    TiepointError
        If a number is none.
    """
    text = readable_text(path.read_bytes()[:MOST_BYTES])
    start = text.lstrip()
    try:
        if start.upper().startswith("VERSION:"):
            return _epics(text)
        if start.startswith("<<PMCA"):
            return _amptek(text)
        if start.startswith("$"):
            return _maestro(text)
        return _bare(text)
    except (ValueError, IndexError, KeyError) as error:
        raise TiepointError(f"{path.name} is damaged: its counts are not numbers.") from error


def _entries(head: str, mark: str) -> dict[str, str]:
    split = [line.partition(mark) for line in head.splitlines()]
    return {key.strip(): value.strip() for key, found, value in split if found}


def _epics(text: str) -> Spectra:
    head, _, body = text.partition("DATA:")
    words = _entries(head, ":")
    detectors, channels = int(words["ELEMENTS"]), int(words["CHANNELS"])
    rows = np.array(body.split(), float).reshape(-1, detectors)
    if len(rows) != channels:
        raise ValueError("cut short")
    offsets, slopes = (
        [float(v) for v in words.get(f"CAL_{name}", "").split()] for name in ("OFFSET", "SLOPE")
    )
    return Spectra(rows.T.copy(), tuple(zip(offsets, slopes, strict=False)), words)


def _amptek(text: str) -> Spectra:
    head, _, rest = text.partition("<<DATA>>")
    body = rest.partition("<<END>>")[0]
    words = _entries(head, "-")
    points = [line.split() for line in head.partition("<<CALIBRATION>>")[2].splitlines()]
    pairs = [(float(p[0]), float(p[1])) for p in points if len(p) == 2 and _both_numbers(p)]
    lines: tuple[tuple[float, float], ...] = ()
    if len(pairs) >= 2:
        channels, energies = np.array(pairs, float).T
        slope, offset = np.polyfit(channels, energies, 1)
        lines = ((float(offset), float(slope)),)
    return Spectra(np.array(body.split(), float)[None], lines, words)


def _both_numbers(words: list[str]) -> bool:
    return all(_NUMBERS.fullmatch(word) for word in words)


def _maestro(text: str) -> Spectra:
    blocks = {
        block.partition(":")[0].strip(): block.partition(":")[2].strip()
        for block in text.split("$")[1:]
    }
    first, last, *counts = blocks["DATA"].split()
    if len(counts) != int(last) - int(first) + 1:
        raise ValueError("cut short")
    lines: tuple[tuple[float, float], ...] = ()
    fit = blocks.get("MCA_CAL", "").split()
    if len(fit) >= 4 and fit[-1].lower() == "kev":
        lines = ((float(fit[1]), float(fit[2])),)
    words = {key: value for key, value in blocks.items() if key != "DATA"}
    return Spectra(np.array(counts, float)[None], lines, words)


def _bare(text: str) -> Spectra:
    lines = [line for line in text.splitlines() if line.strip()]
    said = [line.lstrip("# ") for line in lines if line.lstrip().startswith("#")]
    numbers = [float(line.split()[-1]) for line in lines if not line.lstrip().startswith("#")]
    return Spectra(np.array(numbers)[None], (), {"comments": said})

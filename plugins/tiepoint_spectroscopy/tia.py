"""FEI TIA (.emi and .ser): the .emi leads, a .ser alone has no stage and guessed units."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from tiepoint_spectroscopy.signal import Signal

WIDEST_NM = 1e6
"""No pixel of an electron microscope is wider than a millimetre: 1/m read as metres are."""


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Read .emi or .ser; a .ser whose .emi lies beside it is read through that.

    Parameters
    ----------
    filename
        ``name.emi``, or one of its ``name_1.ser``, ``name_2.ser`` …
    lazy
        Whether to leave the values in the file.
    """
    from rsciio import tia

    path = Path(filename)
    leader = _leader(path)
    if leader is None:
        entries: list[dict[str, Any]] = tia.file_reader(filename, lazy=lazy)
        return entries
    wanted = path.name.lower()
    for entry in tia.file_reader(str(leader), lazy=lazy):
        name = entry["metadata"].get("General", {}).get("original_filename", "")
        if str(name).lower() == wanted:
            return [entry]
    alone: list[dict[str, Any]] = tia.file_reader(filename, lazy=lazy)
    return alone


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Bring offsets to the unit of the scales, and let simultaneous images share a frame.

    The file's lengths are metres; RosettaSciIO converts the scales to nm and leaves the offsets.
    """
    for signal in signals:
        _state(signal)
        for axis in signal.axes:
            factor = {"nm": 1e9, "1 / nm": 1e-9}.get(str(axis.get("units")))
            if factor is not None:
                axis["offset"] = float(axis.get("offset") or 0.0) * factor
        space = [axis for axis in signal.axes if axis.get("units") == "nm"]
        if len(space) == 2 and path.suffix.lower() == ".emi":
            signal.frame = "field {}".format(
                [(int(a["size"]), f"{a['scale']:.6g}", f"{a['offset']:.6g}") for a in space]
            )
        if not section(signal.original, "ObjectInfo"):
            _doubt_lengths(signal)
    return signals


def _doubt_lengths(signal: Signal) -> None:
    """Say that lengths without the .emi are a guess, and drop those that cannot be lengths."""
    missing = "The .emi file that belongs to this .ser is missing: "
    absurd = [a for a in signal.axes if a.get("units") == "nm" and abs(a["scale"]) > WIDEST_NM]
    for axis in absurd:
        axis.update(scale=1.0, offset=0.0, units=None)
    signal.warnings.append(
        missing + "its steps are no lengths, so this may be a diffraction pattern; put the .emi"
        " beside it."
        if absurd
        else missing + "lengths are taken as metres, and stage and microscope are unknown."
    )


def _state(signal: Signal) -> None:
    """Bring high tension, stage and tilts of the .emi into HyperSpy's tree: kV, mm, degrees.

    RosettaSciIO names the entries of ``ExperimentalDescription`` by label and unit, as the file
    states them (``Stage X_um``), and leaves these out of its tree.
    """
    said = section(signal.original, "ObjectInfo", "ExperimentalDescription")
    if not said:
        return
    instrument = signal.metadata.setdefault("Acquisition_instrument", {})
    column = instrument.setdefault("TEM", {})
    stage = column.setdefault("Stage", {})
    wanted = [(column, "beam_energy", "High tension_kV", 1.0)]
    wanted += [(stage, name, f"Stage {name.upper()}_um", 1e-3) for name in "xyz"]
    wanted += [(stage, "tilt_alpha", "Stage A_deg", 1.0), (stage, "tilt_beta", "Stage B_deg", 1.0)]
    for group, name, label, factor in wanted:
        value = said.get(label)
        if isinstance(value, int | float):
            group.setdefault(name, float(f"{value * factor:.12g}") + 0.0)


def _leader(path: Path) -> Path | None:
    match = re.fullmatch(r"(.+)_\d+", path.stem)
    if path.suffix.lower() != ".ser" or match is None:
        return None
    names = {f"{match.group(1)}.emi".lower()}
    found = [p for p in path.parent.iterdir() if p.name.lower() in names]
    return found[0] if found else None

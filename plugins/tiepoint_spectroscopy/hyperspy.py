"""HyperSpy's own HDF5 files (.hspy, older .hdf5): metadata now, values when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import length_unit
from tiepoint_spectroscopy.detached import detach
from tiepoint_spectroscopy.signal import materialised, section

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint_spectroscopy.signal import Signal


def file_reader(filename: str, lazy: bool = False) -> list[dict[str, Any]]:
    """Return one dictionary per experiment and close the file.

    Parameters
    ----------
    filename
        Path of the file.
    lazy
        Whether to leave the values in the file.

    Raises
    ------
    OSError
        If it is not a HyperSpy file.
    """
    import h5py
    import hdf5plugin  # noqa: F401  registers the filters that HyperSpy can write with
    from rsciio.hspy._api import HyperspyReader

    with h5py.File(filename, "r") as file:
        entries: list[dict[str, Any]] = HyperspyReader(file).read(lazy=lazy)
        return [
            {
                "data": detach(filename, entry["data"]),
                "axes": entry["axes"],
                "metadata": materialised(entry.get("metadata") or {}),
                "original_metadata": materialised(entry.get("original_metadata") or {}),
            }
            for entry in entries
            if "data" in entry and "axes" in entry
        ]


def adjust(path: Path, signals: list[Signal]) -> list[Signal]:
    """Let signals of one stage position that cover the same field share a frame."""
    fields: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for signal in signals:
        axes = [axis for axis in signal.axes if length_unit(axis.get("units"))]
        stage = repr(stage_of(signal))
        if len(axes) != 2 or stage == repr({}):
            continue
        known = fields.setdefault(stage, (f"field {len(fields) + 1}", axes))
        if same_extent(axes, known[1]):
            signal.frame = known[0]
    return signals


def stage_of(signal: Signal) -> dict[str, Any]:
    """Return the stage position of a signal; empty if its metadata hold none."""
    instruments = section(signal.metadata, "Acquisition_instrument")
    for instrument in instruments.values():
        stage = section(instrument, "Stage")
        if stage:
            return stage
    return {}


def same_extent(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """Whether two pairs of axes run over the same lengths, to the coarser one's pixel."""
    for a, b in zip(one, other, strict=True):
        if a.get("units") != b.get("units"):
            return False
        slack = max(abs(float(a["scale"])), abs(float(b["scale"])))
        if any(abs(p - q) > slack / 2 for p, q in zip(_ends(a), _ends(b), strict=True)):
            return False
    return True


def _ends(axis: dict[str, Any]) -> tuple[float, float]:
    scale, offset = float(axis["scale"]), float(axis["offset"])
    return offset - scale / 2, offset + scale * (int(axis["size"]) - 0.5)

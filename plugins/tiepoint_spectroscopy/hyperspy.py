"""HyperSpy's own HDF5 files (.hspy, older .hdf5): metadata now, values when asked."""

from __future__ import annotations

from typing import Any

from tiepoint_spectroscopy.detached import detach
from tiepoint_spectroscopy.signal import materialised


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

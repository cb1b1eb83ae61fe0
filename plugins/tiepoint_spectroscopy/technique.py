"""What a signal is: its kind for the program and its technique in people's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint_spectroscopy.metadata import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.sdk import Axis, Kind
    from tiepoint_spectroscopy.signal import Signal

FOURIER = "Fourier transform"
"""Technique of a picture of frequencies that was computed from another picture."""

_BY_SIGNAL_TYPE = (
    ("EDS", "EDS"), ("EELS", "EELS"), ("CL", "CL"), ("Lumi", "luminescence"),
    ("hologram", "electron holography"), ("DielectricFunction", "EELS"), ("EBSD", "EBSD"),
)  # fmt: skip
_SEM_DETECTORS = ("SE", "BSE", "AsB", "InLens", "ETD", "SE2")
_STEM_WORDS = ("HAADF", "ADF", "DF2", "DF4", "ABF", "DPC", "iCOM", "STEM")


def kind_of(axes: Sequence[Axis]) -> Kind:
    """Return the kind that the roles of the axes make.

    Parameters
    ----------
    axes
        In array order.
    """
    roles = [axis.role for axis in axes]
    space = roles.count("space")
    if roles.count("reciprocal") >= 2:
        return "diffraction"
    if "energy" in roles:
        if space:
            return "spectrum image"
        return "spectrum" if len([axis for axis in axes if axis.size > 1]) <= 1 else "time series"
    if space >= 3:
        return "volume"
    if "time" in roles:
        return "time series"
    return "image" if space == 2 else "spectrum"


def technique_of(signal: Signal, axes: Sequence[Axis], fallback: str) -> str:
    """Return the technique that metadata tell, else that of the format.

    Parameters
    ----------
    signal
        With HyperSpy's metadata tree.
    axes
        In array order.
    fallback
        Of the format.
    """
    if signal.technique:
        return signal.technique
    if kind_of(axes) == "diffraction":
        scanned = sum(axis.role == "space" for axis in axes) >= 2
        return "4D-STEM" if scanned else "electron diffraction"
    for word, technique in _BY_SIGNAL_TYPE:
        if word in signal.signal_type:
            return technique
    return _imaging(signal) or fallback


def _imaging(signal: Signal) -> str:
    kind, microscope = column(signal)
    mode = str(microscope.get("acquisition_mode") or "")
    if kind == "SEM" or mode == "SEM" or signal.title in _SEM_DETECTORS:
        return "SEM"
    if mode in ("TEM", "STEM"):
        return mode
    if any(word in signal.title for word in _STEM_WORDS) or signal.title == "BF":
        return "STEM"
    return ""

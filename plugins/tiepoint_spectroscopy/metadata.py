"""From HyperSpy's metadata tree to our three typed groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, convert
from tiepoint_spectroscopy.jsonable import jsonable
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from tiepoint_spectroscopy.signal import Signal

# Unit of the stage coordinates in the metadata tree, by format; absent: the format does not say.
# HyperSpy's specification is mm; Bruker's BCF and the DE header keep the vendor's own numbers.
STAGE_UNIT = {
    "bruker": "µm",
    "bruker-spectrum": "µm",
    "digitalmicrograph": "mm",
    "emd": "mm",
    "hspy": "mm",
    "phenom": "mm",
    "tia": "mm",
}

_COLUMN = {
    "beam_energy": "voltage_kV",
    "beam_current": "current_nA",
    "probe_current": "current_nA",
    "camera_length": "camera_length_mm",
    "convergence_angle": "convergence_angle_mrad",
    "acquisition_mode": "mode",
    "probe_area": "probe_area_nm2",
    "dwell_time": "dwell_time_s",
}

_EDS = {
    "energy_resolution_MnKa": "energy_resolution_MnKa_eV",
    "live_time": "live_time_s",
    "real_time": "real_time_s",
    "azimuth_angle": "azimuth_angle_deg",
    "elevation_angle": "elevation_angle_deg",
    "solid_angle": "solid_angle_sr",
    "detector_type": "detector_type",
    "number_of_frames": "number_of_frames",
}


def typed_metadata(signal: Signal, format_name: str) -> Metadata:
    """Return what identifies a signal, what finds its spot again, and how it was recorded.

    Parameters
    ----------
    signal
        With HyperSpy's metadata tree.
    format_name
        Decides the unit of stage coordinates; in ``references["stage"]`` lengths are in mm,
        tilts and rotation in degrees, and ``unit`` is ``None`` where the format does not say.
    """
    return Metadata(
        identification=_filled(_identification(signal)),
        references=_filled(_references(signal, format_name)),
        settings=_filled(_settings(signal)),
    )


def column(signal: Signal) -> tuple[str, dict[str, Any]]:
    """Return the kind of microscope (``TEM``, ``SEM`` or ``""``) and its metadata."""
    instrument = section(signal.metadata, "Acquisition_instrument")
    for name in ("TEM", "SEM"):
        if name in instrument:
            return name, section(instrument, name)
    return "", instrument


def _identification(signal: Signal) -> dict[str, Any]:
    general = section(signal.metadata, "General")
    sample = section(signal.metadata, "Sample")
    return {
        "title": signal.title,
        "sample": sample.get("name") or sample.get("description"),
        "user": general.get("authors"),
        "instrument": column(signal)[1].get("microscope"),
        "date": general.get("date"),
        "time": general.get("time"),
        "time_zone": general.get("time_zone"),
        "notes": general.get("notes"),
    }


def _references(signal: Signal, format_name: str) -> dict[str, Any]:
    microscope = column(signal)[1]
    return {
        "stage": _stage(section(microscope, "Stage"), STAGE_UNIT.get(format_name)),
        "magnification": microscope.get("magnification"),
        "working_distance_mm": microscope.get("working_distance"),
    }


def _stage(stage: dict[str, Any], unit: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("x", "y", "z"):
        value = _as_number(stage.get(name))
        if value is not None:
            found[name] = value if unit is None else convert(value, unit, "mm")
    if found:
        found["unit"] = None if unit is None else "mm"
    for name in ("tilt_alpha", "tilt_beta", "rotation"):
        value = _as_number(stage.get(name))
        if value is not None:
            found[f"{name}_deg"] = value
    return found


def _settings(signal: Signal) -> dict[str, Any]:
    kind, microscope = column(signal)
    sample = section(signal.metadata, "Sample")
    detectors = section(microscope, "Detector")
    eds = section(detectors, "EDS")
    found: dict[str, Any] = {"microscope_type": kind}
    found.update({typed: microscope.get(name) for name, typed in _COLUMN.items()})
    found["eds"] = _filled({typed: _number_or_text(eds.get(name)) for name, typed in _EDS.items()})
    found["detector"] = {k: v for k, v in detectors.items() if k != "EDS"}
    instrument = section(signal.metadata, "Acquisition_instrument")
    for name in ("Laser", "Spectrometer", "Spectrum_image"):
        found[name.lower()] = section(microscope, name) or section(instrument, name)
    found["elements"] = _texts(sample.get("elements"))
    found["xray_lines"] = _texts(sample.get("xray_lines"))
    found["quantity"] = section(signal.metadata, "Signal").get("quantity")
    found["signal_type"] = signal.signal_type
    return found


def _filled(group: dict[str, Any]) -> dict[str, Any]:
    plain = {key: jsonable(value) for key, value in group.items()}
    return {key: value for key, value in plain.items() if value not in (None, "", {}, [])}


def _as_number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _number_or_text(value: Any) -> Any:
    number = _as_number(value)
    return value if number is None else number


def _texts(value: Any) -> list[str]:
    return [] if value is None or isinstance(value, str) else [str(item) for item in value]

"""From HyperSpy's metadata tree to our three typed groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, jsonable, length, stage_position
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.sdk import Axis
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


def typed_metadata(signal: Signal, axes: Sequence[Axis], format_name: str) -> Metadata:
    """Return what identifies a signal, what finds its spot again, and how it was recorded.

    Parameters
    ----------
    signal
        With HyperSpy's metadata tree.
    axes
        In array order; the last spatial one gives pixel size and field width.
    format_name
        Decides the unit of the stage coordinates; a position of unknown unit is left out (it
        stays in the original metadata).
    """
    return Metadata(
        identification=_filled(_identification(signal)),
        references=_filled(_references(signal, axes, format_name)),
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


def _references(signal: Signal, axes: Sequence[Axis], format_name: str) -> dict[str, Any]:
    kind, microscope = column(signal)
    space = [axis for axis in axes if axis.role == "space" and axis.unit is not None]
    pixel = abs(space[-1].scale) if space else None
    unit = space[-1].unit if space else None
    field = pixel * space[-1].size if pixel is not None and len(space) >= 2 else None
    return {
        "stage": _stage(section(microscope, "Stage"), STAGE_UNIT.get(format_name), kind),
        "magnification": microscope.get("magnification"),
        "working_distance": length(_as_number(microscope.get("working_distance")), "mm"),
        "field_width": length(field, unit),
        "pixel_size": length(pixel, unit),
    }


def _stage(stage: dict[str, Any], unit: str | None, kind: str) -> dict[str, Any]:
    position = {} if unit is None else {name: _as_number(stage.get(name)) for name in "xyz"}
    alpha = "t" if kind == "SEM" else "alpha"
    angles = {
        alpha: _as_number(stage.get("tilt_alpha")),
        "beta": _as_number(stage.get("tilt_beta")),
        "r": _as_number(stage.get("rotation")),
    }
    return stage_position(position, unit or "mm", angles)


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

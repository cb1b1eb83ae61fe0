"""OpenFIBSEM: a JSON image description, in metres and radians (v2, v3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import known, stage_position
from tiepoint_electron.sem_facts import SemFacts, number, scaled

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_openfibsem(said: Mapping[str, Any]) -> bool:
    """Whether a JSON description is one of OpenFIBSEM."""
    return isinstance(said.get("image"), dict) and isinstance(said.get("microscope_state"), dict)


def openfibsem_facts(said: Mapping[str, Any]) -> SemFacts:
    """Return what the description says."""
    image, state = _part(said, "image"), _part(said, "microscope_state")
    ion = str(image.get("beam_type", "")).upper().startswith("ION")
    word = "ion" if ion else "electron"
    beam, detector = _part(state, f"{word}_beam"), _part(state, f"{word}_detector")
    stage = _part(state, "stage_position") or _part(state, "absolute_position")
    pixel = _part(said, "pixel_size")
    return SemFacts(
        pixel_x=number(pixel.get("x")),
        pixel_y=number(pixel.get("y")),
        technique="FIB" if ion else "SEM",
        field_width=number(image.get("hfw")),
        working_distance=number(beam.get("working_distance")),
        stage=stage_position(
            {axis: number(stage.get(axis)) for axis in "xyz"},
            "m",
            {axis: number(stage.get(axis)) for axis in "rt"},
            in_radians=True,
        ),
        identification=_identification(said, state),
        settings=known(
            beam=word,
            voltage_kV=scaled(beam.get("voltage"), 1e-3),
            current_nA=scaled(beam.get("beam_current"), 1e9),
            detector=detector.get("type"),
            signal=detector.get("mode"),
            dwell_us=scaled(image.get("dwell_time"), 1e6),
            stage_coordinates=stage.get("coordinate_system"),
        ),
    )


def _identification(said: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    info, experiment = _part(_part(said, "system"), "info"), _part(said, "experiment")
    maker = " ".join(str(info[key]) for key in ("manufacturer", "model") if info.get(key))
    software = " ".join(
        str(experiment[key]) for key in ("application", "fibsem_version") if experiment.get(key)
    )
    return known(
        instrument=maker,
        software=software,
        user=_part(said, "user").get("name"),
        date=_date(number(state.get("timestamp"))),
    )


def _date(seconds: float | None) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
    except (OverflowError, OSError, ValueError):
        return None


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}

"""A TIFF with the metadata block of a Thermo Fisher / FEI dual-beam microscope (tag 34682)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.frames import SEM_TILT_DEG

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

_TAG = 34682
_STAGE_M = {"StageX": 0.00137215, "StageY": -0.00268904, "StageZ": 0.00400713}
_ROTATION_DEG = -18.4
_WORKING_DISTANCE_M = 0.0040236


def write_sem(path: Path, image: AnyArray, pixel_nm: float) -> None:
    """Write the image (y, x), uint8. Lengths in the metadata are metres, angles radians."""
    import tifffile

    text = _metadata(image.shape, pixel_nm * 1e-9).encode("latin-1")
    tifffile.imwrite(
        path,
        image,
        photometric="minisblack",
        resolution=(96, 96),
        resolutionunit="INCH",
        metadata=None,
        rowsperstrip=64,
        extratags=[(_TAG, 2, len(text) + 1, text, True)],
    )


def _metadata(shape: tuple[int, ...], pixel_m: float) -> str:
    height, width = shape
    tilt = float(np.radians(SEM_TILT_DEG))
    stage = {
        **_STAGE_M,
        "StageR": float(np.radians(_ROTATION_DEG)),
    }
    dwell, pixel = 3e-6, f"{pixel_m:.10g}"
    field_x, field_y = f"{width * pixel_m:.10g}", f"{height * pixel_m:.10g}"
    sections: dict[str, dict[str, object]] = {
        "User": {
            "Date": "05/16/2024",
            "Time": "11:42:07 AM",
            "User": "demo",
            "UserText": "Mg-10Gd wire, lift-out site, FIB face polished",
        },
        "System": {"Type": "DualBeam", "Source": "FEG", "SystemType": "Demo DualBeam"},
        "Beam": {"HV": 5000, "Spot": "", "ScanRotation": 0, "Beam": "EBeam", "Scan": "EScan"},
        "EBeam": {
            "HV": 5000,
            "HFW": field_x,
            "VFW": field_y,
            "WD": _WORKING_DISTANCE_M,
            "BeamCurrent": 5e-11,
            "TiltCorrectionIsOn": "no",
            "TiltCorrectionAngle": 0,
            "ScanRotation": 0,
            **stage,
            "StageTa": f"{tilt:.8g}",
            "StageTb": 0,
        },
        "Scan": {
            "Dwelltime": dwell,
            "PixelWidth": pixel,
            "PixelHeight": pixel,
            "HorFieldsize": field_x,
            "VerFieldsize": field_y,
            "FrameTime": f"{dwell * width * height:.6g}",
        },
        "EScan": {
            "Dwell": dwell,
            "PixelWidth": pixel,
            "PixelHeight": pixel,
            "HorFieldsize": field_x,
            "VerFieldsize": field_y,
        },
        "Stage": {
            **stage,
            "StageT": f"{tilt:.8g}",
            "StageTb": 0,
            "SpecTilt": 0,
            "WorkingDistance": _WORKING_DISTANCE_M,
        },
        "Image": {"ResolutionX": width, "ResolutionY": height, "DriftCorrected": "Off"},
        "Vacuum": {"ChPressure": 2.1e-4, "UserMode": "High vacuum"},
        "Detectors": {"Number": 1, "Name": "ETD", "Mode": "SE"},
        "ETD": {"Contrast": 52.1, "Brightness": 41.3, "Signal": "SE"},
        "PrivateFei": {"BitShift": 0, "DatabarHeight": 0},
    }
    blocks = (
        f"[{name}]\r\n" + "".join(f"{key}={value}\r\n" for key, value in entries.items())
        for name, entries in sections.items()
    )
    return "\r\n".join(blocks)

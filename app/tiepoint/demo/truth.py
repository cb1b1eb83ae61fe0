"""``truth.json``: everything that is known about the demo, for checking results against it."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.demo.frames import (
    LAMELLA_THICKNESS_UM,
    LAMELLA_UM,
    SCANS,
    SEM_TILT_DEG,
    VOLUMES,
)
from tiepoint.demo.phases import MATERIALS
from tiepoint.demo.twin import DATASETS, SemPlane, Twin

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

FILES = {
    "ct_000min": "ct_000min.ome.tif",
    "ct_020min": "ct_020min.ome.tif",
    "ct_045min": "ct_045min.nxs",
    "nano_ct": "nano_ct_lift_out.nxs",
    "sem": "fib_sem_52deg.tif",
    "stem": "stem_lamella.hspy",
    "light": "light_overview.ome.tif",
}
REFERENCE = SCANS[0]


def truth_json(twin: Twin) -> str:
    """Return the truth as JSON text; the same seed gives the same text."""
    return json.dumps(truth(twin), indent=1, ensure_ascii=False) + "\n"


def truth(twin: Twin) -> dict[str, Any]:
    """Return the truth as plain values.

    Matrices are homogeneous (n_out + 1, n_in + 1) and act on columns in the axis order of each
    dataset, (z, y, x) or (y, x); positions are physical, in each dataset's unit.
    """
    return {
        "format": "tiepoint demo truth 1",
        "seed": twin.seed,
        "sizes": asdict(twin.sizes),
        "reference": REFERENCE,
        "datasets": [_dataset(twin, name) for name in DATASETS],
        "transforms": _transforms(twin),
        "landmarks": [
            {
                "name": mark.name,
                "kind": mark.kind,
                "positions": {
                    name: _numbers(twin.locate(mark.position_zyx_um, name))
                    for name in DATASETS
                    if name in mark.seen_in
                },
            }
            for mark in twin.all_landmarks
        ],
        "pairs": [_pairs(twin, *names) for names in permutations(DATASETS, 2)],
        "target": {
            "kind": "GdH2 cuboid on the lamella, 0.4 µm, too small for the CT",
            "positions": {
                name: _numbers(twin.target_in(name)) for name in DATASETS if name != "light"
            },
        },
        "lamella": _lamella(twin),
        "fib_sem": _fib_sem(),
        "phases": [
            {"number": int(phase), **asdict(material)} for phase, material in MATERIALS.items()
        ],
    }


def _numbers(values: FloatArray) -> list[Any]:
    return [_numbers(v) if np.ndim(v) else float(v) for v in values]


def _dataset(twin: Twin, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "file": FILES[name],
        "signals": ["HAADF", "EDS"] if name == "stem" else [],
        "axes": ["z", "y", "x"] if name in VOLUMES else ["y", "x"],
        "unit": twin.unit(name),
        "pixel": float(2 * twin.fle(name)[0]),
        "minutes": twin.minutes(name),
    }


def _transforms(twin: Twin) -> list[dict[str, Any]]:
    """Return every dataset → reference; for the FIB-SEM one per surface, and its projection."""
    found = []
    for name in DATASETS:
        planes: tuple[SemPlane | None, ...] = (None,)
        if name == "sem":
            planes = ("fib_face", "end_face")
        for plane in planes:
            matrix = twin.true_transform(name, REFERENCE, plane).homogeneous
            entry: dict[str, Any] = {"moving": name, "fixed": REFERENCE}
            if plane is not None:
                entry["surface"] = plane
            found.append({**entry, "moving_to_fixed": _numbers(matrix)})
    projection = twin.true_transform(REFERENCE, "sem").homogeneous
    found.append({"moving": REFERENCE, "fixed": "sem", "moving_to_fixed": _numbers(projection)})
    return found


def _pairs(twin: Twin, moving: str, fixed: str) -> dict[str, Any]:
    names = twin.landmarks(moving, fixed).names
    return {"moving": moving, "fixed": fixed, "landmarks": list(names)}


def _lamella(twin: Twin) -> dict[str, Any]:
    face = twin.frames.face
    return {
        "in": REFERENCE,
        "unit": "µm",
        "centre": _numbers(face.lamella_centre),
        "normal": _numbers(face.front),
        "along_width": _numbers(face.right),
        "along_depth": _numbers(-face.normal),
        "depth": LAMELLA_UM[0],
        "width": LAMELLA_UM[1],
        "thickness": LAMELLA_THICKNESS_UM,
    }


def _fib_sem() -> dict[str, Any]:
    tilt = np.radians(SEM_TILT_DEG)
    return {
        "tilt_deg": SEM_TILT_DEG,
        "tilt_axis": "x of the image",
        "end_face_y_appears_shorter_by": float(np.cos(tilt)),
        "fib_face_depth_appears_shorter_by": float(np.sin(tilt)),
    }

"""OME-NGFF coordinate transformations as a JSON document of their own (RFC-5, version 0.6).

Both coordinate systems are declared with their axes in order (z, y, x) and their unit; the one
transformation between them names its ``input`` (moving) and ``output`` (fixed).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tiepoint.geometry.rfc5 import from_rfc5, to_rfc5
from tiepoint.registration.exchange.itk_parameters import TransformFile
from tiepoint.registration.exchange.tables import read_text, write_text
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform

FORMAT = "OME-NGFF coordinate transformation"
VERSION = "0.6"
MAX_NESTING = 64
AXES = ("z", "y", "x")

_SPELLED = {
    "pm": "picometer",
    "Å": "angstrom",
    "nm": "nanometer",
    "µm": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "inch": "inch",
}
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{}]')
_READ = {word: unit for unit, word in _SPELLED.items()}


@dataclass(frozen=True)
class CoordinateSystem:
    """Name, dimension (2 or 3) and length unit (``None``: pixels) of one side."""

    name: str
    dimension: int
    unit: str | None


def write_ngff(
    path: Path | str,
    moving_to_fixed: Transform,
    moving: CoordinateSystem,
    fixed: CoordinateSystem,
) -> None:
    """Write one transformation with its two coordinate systems.

    Raises
    ------
    TiepointError
        If the dimensions do not fit, the names are the same, or the file cannot be written.
    """
    write_text(path, scene_text([moving, fixed], [(moving_to_fixed, moving, fixed)]))


def scene_text(
    systems: Sequence[CoordinateSystem],
    edges: Sequence[tuple[Transform, CoordinateSystem, CoordinateSystem]],
) -> str:
    """Return a scene of coordinate systems and the transformations (with both ends) between them.

    Raises
    ------
    TiepointError
        If two systems have the same name, or a transformation does not fit its ends.
    """
    if len({system.name for system in systems}) < len(systems):
        raise TiepointError("The coordinate systems need different names.")
    for transform, moving, fixed in edges:
        if (transform.n_in, transform.n_out) != (moving.dimension, fixed.dimension):
            raise TiepointError("The transform does not fit the dimensions of its two datasets.")
    scene = {
        "coordinateSystems": [_system(system) for system in systems],
        "coordinateTransformations": [
            {
                **to_rfc5(transform),
                "input": {"name": moving.name},
                "output": {"name": fixed.name},
            }
            for transform, moving, fixed in edges
        ],
    }
    document = {"ome": {"version": VERSION, "scene": scene}}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _system(system: CoordinateSystem) -> dict[str, object]:
    unit = {} if system.unit is None else {"unit": _SPELLED[system.unit]}
    axes = [{"name": axis, "type": "space", **unit} for axis in AXES[-system.dimension :]]
    return {"name": system.name, "axes": axes}


def read_ngff(path: Path | str) -> TransformFile:
    """Read a document with exactly one coordinate transformation.

    A bare transformation (``{"type": …}``), a list of one, or the metadata of an image or a scene
    are understood. ``input`` is the moving side.

    Raises
    ------
    TiepointError
        If the file is no such JSON, holds several transformations, or the transformation cannot
        be read.
    """
    name = Path(path).name
    document = _load(name, read_text(path))
    while isinstance(document, Mapping) and "type" not in document:
        inner = next((document[k] for k in ("attributes", "ome", "scene") if k in document), None)
        if inner is None:
            break
        document = inner
    systems: object = []
    if isinstance(document, Mapping) and "coordinateTransformations" in document:
        systems = document.get("coordinateSystems", [])
        document = document["coordinateTransformations"]
    if isinstance(document, list):
        if len(document) != 1:
            raise TiepointError(f"{name} holds {len(document)} transformations instead of one.")
        document = document[0]
    if not isinstance(document, Mapping) or "type" not in document:
        raise TiepointError(f"{name} holds no OME-NGFF coordinate transformation.")
    moving, fixed = (_find(systems, document.get(key)) for key in ("input", "output"))
    transform = from_rfc5(document, moving.dimension if moving else None)
    if fixed and fixed.dimension != transform.n_out:
        raise TiepointError(f"{name}: the transformation does not fit its output system.")
    return TransformFile(
        transform,
        FORMAT,
        unit_moving=moving.unit if moving else None,
        unit_fixed=fixed.unit if fixed else None,
    )


def _load(name: str, text: str) -> object:
    if _nesting(text) > MAX_NESTING:
        raise TiepointError(f"{name} is nested deeper than {MAX_NESTING} levels.")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise TiepointError(f"{name} is not valid JSON: {error}.") from None


def _nesting(text: str) -> int:
    """Return the deepest level of brackets outside strings, before the parser recurses."""
    depth = deepest = 0
    for match in _TOKEN.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a finite number")


def _find(systems: object, wanted: object) -> CoordinateSystem | None:
    """Return the coordinate system that ``input`` or ``output`` names, if it is declared."""
    name = wanted.get("name") if isinstance(wanted, Mapping) else wanted
    for system in systems if isinstance(systems, list) else []:
        if not isinstance(system, Mapping) or system.get("name") != name:
            continue
        axes = system.get("axes")
        if isinstance(axes, list) and all(isinstance(axis, Mapping) for axis in axes):
            units = {str(axis.get("unit", "")) for axis in axes}
            word = units.pop() if len(units) == 1 else ""
            return CoordinateSystem(str(name), len(axes), _READ.get(word) or length_unit(word))
    return None

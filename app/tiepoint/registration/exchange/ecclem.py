"""eC-CLEM (Icy) transformation files: XML with both sets of points and the fitted model.

Coordinates are micrometres in (x, y[, z]); ``source`` is the moving dataset, ``target`` the fixed
one. XML is read with defusedxml: no entities, no DTD.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Plain

from tiepoint.model.registration import LandmarkPair, Model
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table, same_dimensions
from tiepoint.registration.exchange.tables import MAX_BYTES, write_text
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

FORMAT = "eC-CLEM transformation (XML)"
UNIT = "µm"

_MODELS: dict[str, Model] = {
    "RIGID": "rigid",
    "SIMILARITY": "similarity",
    "AFFINE": "affine",
    "SPLINE": "tps",
}
_TYPES: dict[Model, str] = {model: word for word, model in _MODELS.items()}


@dataclass(frozen=True)
class Sequence5D:
    """What eC-CLEM notes of an image.

    Attributes
    ----------
    shape
        Samples per axis, axis order (y, x) or (z, y, x).
    pixel_size
        Same order, in `unit`.
    unit
        Length unit of the dataset; its landmarks are in the same unit.
    path
        File name to note.
    """

    shape: tuple[int, ...]
    pixel_size: tuple[float, ...]
    unit: str | None
    path: str = ""


def read_ecclem(path: Path | str) -> PairTable:
    """Read the landmark pairs of an eC-CLEM transformation file.

    Raises
    ------
    TiepointError
        If it is no such file, holds several transformations, or source and target differ in
        number.
    """
    name = Path(path).name
    elements = list(_root(Path(path)).iter("transformation"))
    if not elements:
        raise TiepointError(f"{name} is not an eC-CLEM transformation file.")
    if len(elements) > 1:
        raise TiepointError(
            f"{name} holds {len(elements)} transformations one after the other; save each in a "
            "file of its own."
        )
    sets = {d.get("type", ""): _points(d, name) for d in elements[0].iter("dataset")}
    if set(sets) != {"source", "target"}:
        raise TiepointError(f"{name} does not hold one source and one target dataset.")
    source, target = sets["source"], sets["target"]
    if set(source) != set(target):
        raise TiepointError(
            f"{name} holds {len(source)} source and {len(target)} target points that do not match."
        )
    pairs = [
        LandmarkPair(name=f"Point {key}", moving=source[key], fixed=target[key])
        for key in sorted(source)
    ]
    kind = elements[0].get("type", "")
    warnings = [] if kind in _MODELS else [f"The transformation type “{kind[:40]}” is not known."]
    return make_table(
        name, FORMAT, pairs, warnings, units=(UNIT, UNIT), pixels=False, model=_MODELS.get(kind)
    )


def _root(path: Path) -> Element:
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        if path.stat().st_size > MAX_BYTES:
            raise TiepointError(f"{path.name} is larger than 64 MB: it is no table of points.")
        root: Element = ElementTree.fromstring(path.read_bytes(), forbid_dtd=True)
    except OSError as error:
        raise TiepointError(f"{path.name} cannot be read: {error.strerror}.") from error
    except DefusedXmlException:
        raise TiepointError(f"{path.name} declares entities or a DTD and is not read.") from None
    except (Plain.ParseError, ValueError, LookupError) as error:
        raise TiepointError(f"{path.name} is not valid XML: {error}.") from None
    return root


def _points(dataset: Element, name: str) -> dict[int, tuple[float, ...]]:
    points: dict[int, tuple[float, ...]] = {}
    for number, point in enumerate(dataset.iter("point")):
        try:
            key = int(point.get("id", number))
            found = {
                int(c.get("dimension", "")): float(c.text or "") for c in point.iter("coordinate")
            }
        except ValueError:
            raise TiepointError(
                f"{name}: point {number} holds something that is no number."
            ) from None
        if sorted(found) not in ([0, 1], [0, 1, 2]) or not all(map(isfinite, found.values())):
            raise TiepointError(f"{name}: point {number} is not a 2D or 3D point.")
        if key in points:
            raise TiepointError(f"{name}: two points have the id {key}.")
        points[key] = tuple(found[axis] for axis in sorted(found, reverse=True))
    if len({len(point) for point in points.values()}) > 1:
        raise TiepointError(f"{name} mixes 2D and 3D points.")
    return points


def write_ecclem(
    path: Path | str,
    pairs: Sequence[LandmarkPair],
    model: Model,
    moving: Sequence5D,
    fixed: Sequence5D,
) -> None:
    """Write active landmark pairs as an eC-CLEM transformation, converted to micrometres.

    Raises
    ------
    TiepointError
        If a dataset has no length unit, or the model is none of eC-CLEM's.
    """
    active = [pair for pair in pairs if pair.active]
    same_dimensions(active)
    if model not in _TYPES:
        raise TiepointError(
            f"eC-CLEM knows rigid, similarity, affine and spline models, not “{model}”."
        )
    root = Plain.Element("root")
    element = Plain.SubElement(
        root, "transformation", type=_TYPES[model], noiseModel="ISOTROPIC", date=""
    )
    sides = (("source", moving), ("target", fixed))
    for side, sequence in sides:
        _write_size(element, side, sequence)
    for _, sequence in sides:
        name = Plain.SubElement(element, "sequenceFileName", path=sequence.path)
        name.text = sequence.path
    for side, sequence in sides:
        points = [pair.moving if side == "source" else pair.fixed for pair in active]
        _write_points(element, side, points, _to_micrometres(sequence))
    Plain.indent(root)
    write_text(path, Plain.tostring(root, encoding="unicode", xml_declaration=True) + "\n")


def _to_micrometres(sequence: Sequence5D) -> float:
    if sequence.unit is None:
        raise TiepointError("eC-CLEM stores micrometres, but a dataset has no pixel size.")
    return unit_ratio(sequence.unit, UNIT)


def _write_size(parent: Element, side: str, sequence: Sequence5D) -> None:
    ratio = _to_micrometres(sequence)
    element = Plain.SubElement(
        parent, "sequenceSize", dimension=str(len(sequence.shape)), type=side
    )
    for axis, size, pixel in zip(
        "XYZ", reversed(sequence.shape), reversed(sequence.pixel_size), strict=False
    ):
        entry = Plain.SubElement(
            element, "dimensionSize", name=axis, pixelSize=exact(pixel * ratio)
        )
        entry.text = str(size)


def _write_points(
    parent: Element, side: str, points: Sequence[tuple[float, ...]], ratio: float
) -> None:
    dataset = Plain.SubElement(
        parent,
        "dataset",
        type=side,
        n=str(len(points)),
        dimension=str(len(points[0])),
        pointType="FIDUCIAL",
    )
    for number, point in enumerate(points):
        element = Plain.SubElement(dataset, "point", id=str(number))
        for axis, value in enumerate(reversed(point)):
            coordinate = Plain.SubElement(element, "coordinate", dimension=str(axis))
            coordinate.text = exact(value * ratio)

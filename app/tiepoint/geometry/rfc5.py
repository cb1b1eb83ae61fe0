"""Transforms as OME-NGFF coordinate transformations (RFC-5, specification 0.6).

Axes keep the order of the coordinate systems they belong to: (y, x) or (z, y, x) here. An
``affine`` has n_out rows of n_in + 1 numbers, so a 3 × 3 list is a map from 2D to 3D, never a
homogeneous matrix. The specification has no word for a thin-plate spline or a projective map:
those are written under names of our own that start with ``tiepoint:``.

Source: https://ngff.openmicroscopy.org/0.6, "coordinateTransformations metadata".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from tiepoint.geometry.composite import AxisPart, Bijection, ByDimension
from tiepoint.geometry.projective import Projective
from tiepoint.geometry.rfc5_values import Json, indices, listed, matrix, number, objects, vector
from tiepoint.geometry.thin_plate import InverseThinPlate, ThinPlateSpline
from tiepoint.geometry.transforms import Affine, Chain, Transform, chain
from tiepoint.support.errors import TiepointError

MAX_DEPTH = 32
MAX_CENTRES = 100_000


class TransformType(StrEnum):
    """Every transformation type that is read or refused by name."""

    IDENTITY = "identity"
    MAP_AXIS = "mapAxis"
    PROJECT_AXIS = "projectAxis"
    SCALE = "scale"
    TRANSLATION = "translation"
    ROTATION = "rotation"
    AFFINE = "affine"
    SEQUENCE = "sequence"
    BIJECTION = "bijection"
    BY_DIMENSION = "byDimension"
    DISPLACEMENTS = "displacements"
    COORDINATES = "coordinates"
    PROJECTIVE = "tiepoint:projective"
    THIN_PLATE = "tiepoint:thinPlateSpline"


def to_rfc5(transform: Transform) -> dict[str, object]:
    """Write a transform as a JSON-ready dictionary.

    Parameters
    ----------
    transform
        Any transform of this package; its direction is the caller's to name.

    Raises
    ------
    TiepointError
        If the transform has no written form, or holds a number that is not finite.
    """
    if isinstance(transform, Affine):
        rows = np.hstack([transform.linear, transform.offset[:, None]])
        return {"type": TransformType.AFFINE.value, "affine": listed(rows)}
    if isinstance(transform, Chain):
        steps = [to_rfc5(step) for step in transform.steps]
        return {"type": TransformType.SEQUENCE.value, "transformations": steps}
    if isinstance(transform, Bijection):
        return {
            "type": TransformType.BIJECTION.value,
            "forward": to_rfc5(transform.forward),
            "inverse": to_rfc5(transform.backward),
        }
    if isinstance(transform, ByDimension):
        return _by_dimension_to_rfc5(transform)
    if isinstance(transform, Projective):
        return {"type": TransformType.PROJECTIVE.value, "matrix": listed(transform.matrix)}
    if isinstance(transform, ThinPlateSpline):
        return _spline_to_rfc5(transform, inverted=False)
    if isinstance(transform, InverseThinPlate):
        return _spline_to_rfc5(transform.forward, inverted=True)
    raise TiepointError(f"A {type(transform).__name__} transform has no OME-NGFF form.")


def from_rfc5(document: Json, n_in: int | None = None) -> Transform:
    """Read a transform from its RFC-5 dictionary.

    Parameters
    ----------
    document
        One coordinate transformation: ``{"type": …}``. Keys that are not needed (``name``,
        ``input``, ``output``) are ignored.
    n_in
        Dimension of the input space where the caller knows it. Needed for types that do not say
        it (``identity``, ``projectAxis``, ``byDimension``); checked for all others.

    Raises
    ------
    TiepointError
        In one sentence: unknown or unsupported type, wrong shape, numbers that are not finite,
        a rotation that is none, too deep a nesting.
    """
    return _read(document, n_in, depth=0)


def _read(document: object, n_in: int | None, depth: int) -> Transform:
    if depth > MAX_DEPTH:
        raise TiepointError(f"The coordinate transformation is nested deeper than {MAX_DEPTH}.")
    if not isinstance(document, Mapping):
        raise TiepointError("A coordinate transformation must be a JSON object with a “type”.")
    kind = _type_of(document)
    reader = _READERS.get(kind)
    if reader is None:
        raise TiepointError(
            f"A coordinate transformation of type “{kind.value}” lies in a Zarr array beside the "
            "document and cannot be read here; export it as an affine."
        )
    transform = reader(document, n_in, depth)
    if n_in is not None and transform.n_in != n_in:
        raise TiepointError(
            f"A “{kind.value}” transformation takes {transform.n_in} coordinates, but "
            f"{n_in} are given."
        )
    return transform


def _type_of(document: Json) -> TransformType:
    name = document.get("type")
    try:
        return TransformType(str(name))
    except ValueError:
        raise TiepointError(
            f"“{str(name)[:60]}” is not a coordinate transformation type that Tiepoint knows."
        ) from None


def _identity(document: Json, n_in: int | None, depth: int) -> Transform:
    if n_in is None:
        raise TiepointError("An “identity” does not say how many axes it has.")
    return Affine.identity(n_in)


def _scale(document: Json, n_in: int | None, depth: int) -> Transform:
    scale = vector(document, "scale")
    if (scale <= 0).any():
        raise TiepointError("A “scale” must be positive; a mirror is written as an affine.")
    return Affine.scaling(scale, np.zeros(len(scale)))


def _translation(document: Json, n_in: int | None, depth: int) -> Transform:
    offset = vector(document, "translation")
    return Affine(np.eye(len(offset)), offset)


def _rotation(document: Json, n_in: int | None, depth: int) -> Transform:
    turn = matrix(document, "rotation")
    n = len(turn)
    if turn.shape != (n, n):
        raise TiepointError("A “rotation” must be a square matrix.")
    if not np.allclose(turn @ turn.T, np.eye(n), atol=1e-6) or np.linalg.det(turn) < 0:
        raise TiepointError("A “rotation” must be orthonormal with determinant +1.")
    return Affine(turn, np.zeros(n))


def _affine(document: Json, n_in: int | None, depth: int) -> Transform:
    rows = matrix(document, "affine")
    if rows.shape[1] < 2:
        raise TiepointError("An “affine” needs n_in + 1 numbers in every row.")
    return Affine(rows[:, :-1], rows[:, -1])


def _map_axis(document: Json, n_in: int | None, depth: int) -> Transform:
    order = indices(document, "mapAxis")
    if sorted(order) != list(range(len(order))):
        raise TiepointError("A “mapAxis” must name every axis exactly once.")
    return Affine(np.eye(len(order))[list(order)], np.zeros(len(order)))


def _project_axis(document: Json, n_in: int | None, depth: int) -> Transform:
    if n_in is None:
        raise TiepointError("A “projectAxis” does not say how many axes it takes.")
    dropped = indices(document, "droppedInputs") if "droppedInputs" in document else ()
    created = indices(document, "createdOutputs") if "createdOutputs" in document else ()
    kept = [axis for axis in range(n_in) if axis not in dropped]
    n_out = len(kept) + len(created)
    targets = [axis for axis in range(n_out) if axis not in created]
    if not kept or max(dropped, default=0) >= n_in or len(targets) != len(kept):
        raise TiepointError("A “projectAxis” names axes that do not exist.")
    linear = np.zeros((n_out, n_in))
    linear[targets, kept] = 1
    return Affine(linear, np.zeros(n_out))


def _sequence(document: Json, n_in: int | None, depth: int) -> Transform:
    steps = objects(document, "transformations")
    known: list[Transform] = []
    dimension = n_in
    for step in steps:
        if dimension is None and isinstance(step, Mapping) and step.get("type") == "identity":
            continue
        known.append(_read(step, dimension, depth + 1))
        dimension = known[-1].n_out
    if not known:
        raise TiepointError("A “sequence” of identities does not say how many axes it has.")
    return chain(*known)


def _bijection(document: Json, n_in: int | None, depth: int) -> Transform:
    forward = _read(document.get("forward"), n_in, depth + 1)
    backward = _read(document.get("inverse"), forward.n_out, depth + 1)
    if backward.n_out != forward.n_in:
        raise TiepointError("The two directions of a “bijection” do not fit each other.")
    if isinstance(forward, Affine) and isinstance(backward, Affine):
        both = backward.after(forward)
        size = max(1.0, float(np.abs(forward.offset).max()))
        if not np.allclose(both.linear, np.eye(forward.n_in), atol=1e-6) or not np.allclose(
            both.offset, 0, atol=1e-6 * size
        ):
            raise TiepointError("The two directions of a “bijection” are not inverse.")
    return Bijection(forward, backward)


def _by_dimension(document: Json, n_in: int | None, depth: int) -> Transform:
    parts = []
    for item in objects(document, "transformations"):
        if not isinstance(item, Mapping):
            raise TiepointError("A “byDimension” part must be a JSON object.")
        inputs, outputs = indices(item, "inputAxes"), indices(item, "outputAxes")
        transform = _read(item.get("transformation"), len(inputs), depth + 1)
        if transform.n_out != len(outputs):
            raise TiepointError("A “byDimension” part does not fill the output axes it names.")
        parts.append(AxisPart(transform, inputs, outputs))
    filled = sorted(axis for part in parts for axis in part.output_axes)
    if filled != list(range(len(filled))):
        raise TiepointError("“byDimension” must fill every output axis exactly once.")
    highest = 1 + max(axis for part in parts for axis in part.input_axes)
    if n_in is not None and highest > n_in:
        raise TiepointError("A “byDimension” part reads an axis that does not exist.")
    return ByDimension(tuple(parts), n_in or highest).simplified()


def _by_dimension_to_rfc5(transform: ByDimension) -> dict[str, object]:
    return {
        "type": TransformType.BY_DIMENSION.value,
        "transformations": [
            {
                "transformation": to_rfc5(part.transform),
                "inputAxes": list(part.input_axes),
                "outputAxes": list(part.output_axes),
            }
            for part in transform.parts
        ],
    }


def _projective(document: Json, n_in: int | None, depth: int) -> Transform:
    rows = matrix(document, "matrix")
    if rows.shape[0] != rows.shape[1] or len(rows) < 2:
        raise TiepointError("A “tiepoint:projective” matrix must be square.")
    if np.linalg.matrix_rank(rows) < len(rows):
        raise TiepointError("A “tiepoint:projective” matrix must not be singular.")
    return Projective(rows)


def _spline_to_rfc5(spline: ThinPlateSpline, *, inverted: bool) -> dict[str, object]:
    return {
        "type": TransformType.THIN_PLATE.value,
        "centres": listed(spline.centres),
        "coefficients": listed(spline.coefficients),
        "pivot": listed(spline.pivot),
        "length": float(spline.length),
        "inverted": inverted,
    }


def _spline(document: Json, n_in: int | None, depth: int) -> Transform:
    centres = matrix(document, "centres", MAX_CENTRES)
    coefficients = matrix(document, "coefficients", MAX_CENTRES + MAX_DEPTH)
    pivot = vector(document, "pivot")
    length = number(document.get("length"), "length")
    n = centres.shape[1]
    if n not in (2, 3) or len(pivot) != n or len(coefficients) != len(centres) + 1 + n:
        raise TiepointError("The parts of a “tiepoint:thinPlateSpline” do not fit each other.")
    if length <= 0:
        raise TiepointError("The length of a “tiepoint:thinPlateSpline” must be positive.")
    spline = ThinPlateSpline(centres, coefficients, pivot, length)
    if not document.get("inverted"):
        return spline
    try:
        return spline.inverse()
    except ValueError as error:
        raise TiepointError(f"A “tiepoint:thinPlateSpline” cannot be inverted: {error}.") from None


_Reader = Callable[[Json, int | None, int], Transform]

_READERS: dict[TransformType, _Reader] = {
    TransformType.IDENTITY: _identity,
    TransformType.MAP_AXIS: _map_axis,
    TransformType.PROJECT_AXIS: _project_axis,
    TransformType.SCALE: _scale,
    TransformType.TRANSLATION: _translation,
    TransformType.ROTATION: _rotation,
    TransformType.AFFINE: _affine,
    TransformType.SEQUENCE: _sequence,
    TransformType.BIJECTION: _bijection,
    TransformType.BY_DIMENSION: _by_dimension,
    TransformType.PROJECTIVE: _projective,
    TransformType.THIN_PLATE: _spline,
}

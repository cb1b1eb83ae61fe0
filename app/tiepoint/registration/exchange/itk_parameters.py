"""The parameter vectors of ITK's linear transforms, which elastix shares.

ITK works in (x, y, z) and maps points of the *fixed* space to the *moving* space, because that is
what resampling the moving image asks for: ``T(p) = M (p - c) + c + t`` with the centre c. Here
that becomes ``moving_to_fixed``, its inverse, in axis order (y, x) or (z, y, x).

Source: ITK Software Guide, chapter 3.9 "Transforms".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform
from tiepoint.model.registration import Model
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True)
class TransformFile:
    """A transform read from a file.

    Attributes
    ----------
    moving_to_fixed
        Points of the moving space to points of the fixed space, axis order (y, x) or (z, y, x),
        in the numbers of the file (usually millimetres; the formats do not say).
    format
        Which format it was, in words for the user.
    model
        The model it belongs to, where there is one.
    unit_moving, unit_fixed
        Length unit of each side if the file states one.
    warnings
        Sentences for the user.
    """

    moving_to_fixed: Transform
    format: str
    model: Model | None = None
    unit_moving: str | None = None
    unit_fixed: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Linear:
    """A point map in (x, y, z) in ITK's direction, fixed to moving."""

    kind: str
    matrix: FloatArray
    offset: FloatArray

    def to_moving_to_fixed(self) -> Affine:
        """Return the inverse in axis order (z, y, x).

        Raises
        ------
        TiepointError
            If the matrix is singular.
        """
        fixed_to_moving = Affine(self.matrix[::-1, ::-1].copy(), self.offset[::-1].copy())
        try:
            return fixed_to_moving.inverse()
        except ValueError:
            raise TiepointError(
                "The transform in the file is singular: it has no inverse."
            ) from None

    def after(self, first: Linear) -> Linear:
        """Return the map that applies `first`, then this one."""
        kinds = [kind for kind in MODELS if kind in (self.kind, first.kind)]
        return Linear(
            kinds[-1] if kinds else "affine",
            self.matrix @ first.matrix,
            self.matrix @ first.offset + self.offset,
        )


MODELS: tuple[Model, ...] = ("translation", "rigid", "similarity", "affine")
"""From the narrowest to the widest."""


def model_of(kind: str) -> Model | None:
    """Return `kind` as the word for a model."""
    return next((model for model in MODELS if model == kind), None)


def from_moving_to_fixed(transform: Transform, where: str) -> Linear:
    """Turn ``moving_to_fixed`` into ITK's direction and axis order.

    Raises
    ------
    TiepointError
        If it is no affine between spaces of one dimension, or singular.
    """
    if not isinstance(transform, Affine) or transform.n_in != transform.n_out:
        raise TiepointError(
            f"{where} hold translation, rigid, similarity and affine transforms between spaces of "
            "one dimension; write this one as OME-NGFF JSON."
        )
    try:
        back = transform.inverse()
    except ValueError:
        raise TiepointError("A singular transform cannot be written.") from None
    return Linear("affine", back.linear[::-1, ::-1], back.offset[::-1])


def linear_from(
    kind: str, n: int, parameters: Sequence[float], centre: Sequence[float], *, zyx: bool = False
) -> Linear:
    """Build the map from a transform's class, dimension, parameters and centre.

    Parameters
    ----------
    kind
        Class without dimension and the word Transform: ``Euler``, ``Rigid``, ``VersorRigid``,
        ``Similarity``, ``Affine``, ``MatrixOffsetTransformBase``, ``Scale``, ``Translation``,
        ``Identity``.
    n
        2 or 3.
    parameters, centre
        In ITK's order, (x, y, z).
    zyx
        Euler 3D only: rotation matrix Rz·Ry·Rx instead of Rz·Rx·Ry.

    Raises
    ------
    TiepointError
        If the class is not read, or the numbers do not fit it.
    """
    builder = _BUILDERS.get((kind, n)) or _BUILDERS.get((kind, 0))
    if builder is None:
        raise TiepointError(
            f"A {n}D {kind} transform cannot be read: only translation, rigid, similarity and "
            "affine transforms can. Apply it to points in the program that made it and import "
            "those as landmark pairs."
        )
    values = np.asarray(parameters, float)
    count, model, matrix_of = builder
    expected = count(n)
    if len(values) != expected:
        raise TiepointError(
            f"A {n}D {kind} transform needs {expected} parameters; the file has {len(values)}."
        )
    c = np.zeros(n) if len(centre) == 0 else np.asarray(centre, float)
    if len(c) != n:
        raise TiepointError(f"The centre of rotation has {len(c)} coordinates instead of {n}.")
    matrix, shift = matrix_of(values, n, zyx)
    return Linear(model, matrix, shift + c - matrix @ c)


def _planar(angle: float) -> FloatArray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _turn(axis: int, angle: float) -> FloatArray:
    """Right-handed rotation about x (0), y (1) or z (2) in (x, y, z)."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[np.ix_([i, j], [i, j])] = _planar(angle)
    return matrix


def _versor(right: FloatArray) -> FloatArray:
    """Rotation matrix of a unit quaternion given by its vector part."""
    squared = float(right @ right)
    if squared > 1 + 1e-9:
        raise TiepointError("The rotation (versor) in the file is longer than 1.")
    scalar = np.sqrt(max(0.0, 1 - squared))
    x, y, z = right
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * scalar * cross + 2 * cross @ cross)


_Built = tuple["FloatArray", "FloatArray"]


def _euler_2d(p: FloatArray, n: int, zyx: bool) -> _Built:
    return _planar(p[0]), p[1:]


def _euler_3d(p: FloatArray, n: int, zyx: bool) -> _Built:
    rx, ry, rz = (_turn(axis, p[axis]) for axis in range(3))
    return (rz @ ry @ rx if zyx else rz @ rx @ ry), p[3:]


def _similarity_2d(p: FloatArray, n: int, zyx: bool) -> _Built:
    return p[0] * _planar(p[1]), p[2:]


def _similarity_3d(p: FloatArray, n: int, zyx: bool) -> _Built:
    return p[6] * _versor(p[:3]), p[3:6]


def _versor_rigid(p: FloatArray, n: int, zyx: bool) -> _Built:
    return _versor(p[:3]), p[3:]


def _affine(p: FloatArray, n: int, zyx: bool) -> _Built:
    return p[: n * n].reshape(n, n), p[n * n :]


def _scale(p: FloatArray, n: int, zyx: bool) -> _Built:
    return np.diag(p), np.zeros(n)


def _translation(p: FloatArray, n: int, zyx: bool) -> _Built:
    return np.eye(n), p


def _identity(p: FloatArray, n: int, zyx: bool) -> _Built:
    return np.eye(n), np.zeros(n)


_Builder = tuple[Callable[[int], int], Model, Callable[["FloatArray", int, bool], _Built]]

_BUILDERS: dict[tuple[str, int], _Builder] = {
    ("Euler", 2): (lambda n: 3, "rigid", _euler_2d),
    ("Rigid", 2): (lambda n: 3, "rigid", _euler_2d),
    ("Euler", 3): (lambda n: 6, "rigid", _euler_3d),
    ("VersorRigid", 3): (lambda n: 6, "rigid", _versor_rigid),
    ("Similarity", 2): (lambda n: 4, "similarity", _similarity_2d),
    ("Similarity", 3): (lambda n: 7, "similarity", _similarity_3d),
    ("Affine", 0): (lambda n: n * n + n, "affine", _affine),
    ("MatrixOffsetTransformBase", 0): (lambda n: n * n + n, "affine", _affine),
    ("Scale", 0): (lambda n: n, "affine", _scale),
    ("Translation", 0): (lambda n: n, "translation", _translation),
    ("Identity", 0): (lambda n: 0, "translation", _identity),
}

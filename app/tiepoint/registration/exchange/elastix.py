"""Transform parameter files of elastix (``TransformParameters.0.txt``) and transformix points.

elastix maps points of the fixed image to the moving image, in physical coordinates (x, y, z).
Chained files name their predecessor, which is looked for in the same folder only.

Source: elastix manual 5, section 2.6 and the class documentation of its transforms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.model.registration import LandmarkPair
from tiepoint.registration.exchange.itk_parameters import (
    Linear,
    TransformFile,
    from_moving_to_fixed,
    linear_from,
    model_of,
)
from tiepoint.registration.exchange.pairs import PairTable, exact, make_table
from tiepoint.registration.exchange.tables import read_text, write_text
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform

FORMAT = "elastix transform parameters"
MAX_CHAIN = 16

_ENTRY = re.compile(r'^\(\s*(\w+)\s+((?:"[^"]*"|[^()"])*)\)')
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_POINT = re.compile(r"(InputPoint|OutputPoint)\s*=\s*\[([^\]]*)\]")


@dataclass(frozen=True)
class ImageGrid:
    """The fixed image that an elastix file must describe.

    Attributes
    ----------
    shape
        Samples per axis, axis order (y, x) or (z, y, x).
    spacing, origin
        Sample distance and position of the first sample, same order, unit of the transform.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]


def read_elastix(path: Path | str) -> TransformFile:
    """Read a linear elastix transform and the chain of initial transforms before it.

    Returns
    -------
    TransformFile
        ``moving_to_fixed``: the inverse of what elastix stores.

    Raises
    ------
    TiepointError
        If it is no elastix file, is damaged, or a transform in the chain is deformable.
    """
    total = _read_chain(Path(path), depth=0)
    return TransformFile(total.to_moving_to_fixed(), FORMAT, model_of(total.kind))


def _read_chain(path: Path, depth: int) -> Linear:
    if depth >= MAX_CHAIN:
        raise TiepointError(f"More than {MAX_CHAIN} elastix files refer to each other.")
    entries = _entries(path)
    linear = _linear(path.name, entries)
    initial = _word(entries, "InitialTransformParametersFileName") or _word(
        entries, "InitialTransformParameterFileName"
    )
    if not initial or initial == "NoInitialTransform":
        return linear
    before = _read_chain(_beside(path, initial), depth + 1)
    if len(before.offset) != len(linear.offset):
        raise TiepointError(f"{path.name} and its initial transform differ in dimension.")
    how = _word(entries, "HowToCombineTransforms") or "Compose"
    if how == "Compose":
        return linear.after(before)
    if how == "Add":
        n = len(linear.offset)
        matrix = linear.matrix + before.matrix - np.eye(n)
        return Linear("affine", matrix, linear.offset + before.offset)
    raise TiepointError(f"{path.name} combines its transforms in an unknown way, “{how[:40]}”.")


def _beside(path: Path, named: str) -> Path:
    """Return the file of that name in the same folder; never follow the path in the file."""
    bare = PureWindowsPath(PurePosixPath(named).name).name
    found = path.with_name(bare) if bare not in ("", ".", "..") else path
    if found == path or not found.is_file():
        raise TiepointError(
            f"{path.name} builds on the initial transform “{bare}”, which is not in its folder."
        )
    return found


def _entries(path: Path) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for line, content in enumerate(read_text(path).splitlines(), 1):
        stripped = content.strip()
        if not stripped or stripped.startswith("//"):
            continue
        match = _ENTRY.match(stripped)
        if match is None:
            raise TiepointError(f"{path.name}, line {line}: this is not “(key value …)”.")
        entries[match[1]] = [a or b for a, b in _WORD.findall(match[2])]
    if "Transform" not in entries or "TransformParameters" not in entries:
        raise TiepointError(f"{path.name} is not an elastix transform parameter file.")
    return entries


def _word(entries: dict[str, list[str]], key: str) -> str:
    return " ".join(entries.get(key, []))


def _numbers(name: str, entries: dict[str, list[str]], key: str) -> list[float]:
    try:
        values = [float(word) for word in entries.get(key, [])]
    except ValueError:
        raise TiepointError(f"{name}: {key} holds something that is no number.") from None
    if not all(map(isfinite, values)):
        raise TiepointError(f"{name}: {key} holds a number that is not finite.")
    return values


def _linear(name: str, entries: dict[str, list[str]]) -> Linear:
    kind = _word(entries, "Transform").removesuffix("Transform")
    dimensions = [_numbers(name, entries, f"{side}ImageDimension") for side in ("Fixed", "Moving")]
    if dimensions[0] != dimensions[1] or dimensions[0] not in ([2.0], [3.0]):
        raise TiepointError(f"{name} does not join two images of 2 or of 3 dimensions.")
    if "BSpline" in kind or "Spline" in kind:
        raise TiepointError(
            f"{name} holds a {kind} deformation, which Tiepoint does not read: apply it to points "
            "with transformix and import its outputpoints.txt as landmark pairs."
        )
    centre = _numbers(name, entries, "CenterOfRotationPoint")
    if not centre and kind != "Translation":
        raise TiepointError(f"{name} does not say its CenterOfRotationPoint.")
    return linear_from(
        kind,
        int(dimensions[0][0]),
        _numbers(name, entries, "TransformParameters"),
        centre,
        zyx=_word(entries, "ComputeZYX").lower() == "true",
    )


def write_elastix(path: Path | str, moving_to_fixed: Transform, fixed: ImageGrid) -> None:
    """Write an ``AffineTransform`` file for transformix.

    Parameters
    ----------
    path
        The file.
    moving_to_fixed
        Affine between spaces of one dimension; stored inverted, in elastix' direction.
    fixed
        Grid onto which transformix resamples.

    Raises
    ------
    TiepointError
        If elastix has no place for the transform, or the grid has another dimension.
    """
    linear = from_moving_to_fixed(moving_to_fixed, "elastix files")
    n = len(linear.offset)
    if not len(fixed.shape) == len(fixed.spacing) == len(fixed.origin) == n:
        raise TiepointError("The fixed image and the transform differ in dimension.")
    numbers = [*linear.matrix.ravel(), *linear.offset]

    def listed(values: tuple[float, ...]) -> str:
        return " ".join(map(exact, reversed(values)))

    direction = " ".join("1" if i == j else "0" for i in range(n) for j in range(n))
    lines = [
        '(Transform "AffineTransform")',
        f"(NumberOfParameters {len(numbers)})",
        f"(TransformParameters {' '.join(map(exact, numbers))})",
        '(InitialTransformParametersFileName "NoInitialTransform")',
        '(HowToCombineTransforms "Compose")',
        f"(FixedImageDimension {n})",
        f"(MovingImageDimension {n})",
        '(FixedInternalImagePixelType "float")',
        '(MovingInternalImagePixelType "float")',
        f"(Size {' '.join(str(size) for size in reversed(fixed.shape))})",
        f"(Index {' '.join(['0'] * n)})",
        f"(Spacing {listed(fixed.spacing)})",
        f"(Origin {listed(fixed.origin)})",
        f"(Direction {direction})",
        '(UseDirectionCosines "true")',
        f"(CenterOfRotationPoint {' '.join(['0'] * n)})",
        '(ResampleInterpolator "FinalLinearInterpolator")',
        '(Resampler "DefaultResampler")',
        "(DefaultPixelValue 0)",
        '(ResultImageFormat "mha")',
        '(ResultImagePixelType "float")',
    ]
    write_text(path, "\n".join(lines) + "\n")


def is_transformix_points(text: str) -> bool:
    """Whether a text is the ``outputpoints.txt`` of transformix."""
    first = text.lstrip().partition("\n")[0]
    return first.startswith("Point") and len(_POINT.findall(first)) == 2


def parse_transformix(text: str, name: str) -> PairTable:
    """Read ``outputpoints.txt``: input points lie in the fixed image, output in the moving one.

    Raises
    ------
    TiepointError
        Naming the line and what is wrong with it.
    """
    pairs: list[LandmarkPair] = []
    for line, content in enumerate(text.splitlines(), 1):
        if not content.strip():
            continue
        found = dict(_POINT.findall(content))
        if len(found) != 2:
            raise TiepointError(
                f"{name}, line {line}: an InputPoint and an OutputPoint are needed."
            )
        fixed, moving = (_point(name, line, found[k]) for k in ("InputPoint", "OutputPoint"))
        if len(fixed) != len(moving) or len(fixed) not in (2, 3):
            raise TiepointError(f"{name}, line {line}: the points are not 2D or 3D.")
        pairs.append(LandmarkPair(name=f"Point {len(pairs)}", moving=moving, fixed=fixed))
    if len({len(pair.fixed) for pair in pairs}) > 1:
        raise TiepointError(f"{name} mixes 2D and 3D points.")
    warning = (
        "These points come from a transform, not from clicks: their residuals are no test of it."
    )
    return make_table(name, "transformix output points", pairs, [warning])


def _point(name: str, line: int, text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in text.split())
    except ValueError:
        raise TiepointError(f"{name}, line {line}: a coordinate is no number.") from None
    if not all(map(isfinite, values)):
        raise TiepointError(f"{name}, line {line}: a coordinate is not finite.")
    return values[::-1]

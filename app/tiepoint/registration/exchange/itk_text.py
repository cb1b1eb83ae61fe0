"""ITK transform files in text (``.tfm``, ``.txt``): ``#Insight Transform File V1.0``.

A composite lists its parts after itself; ITK applies the *last* part first. ITK's direction is
fixed to moving; see `itk_parameters`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.registration.exchange.itk_parameters import (
    Linear,
    TransformFile,
    from_moving_to_fixed,
    linear_from,
    model_of,
)
from tiepoint.registration.exchange.pairs import exact
from tiepoint.registration.exchange.tables import read_text, write_text
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform

FORMAT = "ITK transform (text)"
MAGIC = "#Insight Transform File"
MAX_TRANSFORMS = 64

_CLASS = re.compile(r"^(?P<kind>\w+?)(?:[23]D)?(?:Transform)?_(?:double|float)_(\d)_(\d)$")


@dataclass(frozen=True)
class _Block:
    line: int
    kind: str
    n: int
    parameters: tuple[float, ...]
    fixed: tuple[float, ...]


def read_itk(path: Path | str) -> TransformFile:
    """Read a linear transform or a composite of linear transforms.

    Returns
    -------
    TransformFile
        ``moving_to_fixed``: the inverse of what ITK stores.

    Raises
    ------
    TiepointError
        If the file is no ITK text transform, holds a deformable one, or is damaged.
    """
    name = Path(path).name
    text = read_text(path)
    if not text.lstrip().startswith(MAGIC):
        raise TiepointError(f"{name} is not an ITK transform file in text form.")
    blocks = _blocks(name, text)
    composite = blocks[0].kind == "Composite"
    parts = blocks[1:] if composite else blocks
    if len(parts) != 1 and not composite:
        raise TiepointError(
            f"{name} lists {len(parts)} transforms without saying how they combine."
        )
    if not parts or len({part.n for part in parts}) != 1:
        raise TiepointError(f"{name} holds no transform, or some of different dimensions.")
    total: Linear | None = None
    for part in reversed(parts):
        linear = _linear(part)
        total = linear if total is None else linear.after(total)
    assert total is not None
    return TransformFile(total.to_moving_to_fixed(), FORMAT, model_of(total.kind))


def _blocks(name: str, text: str) -> list[_Block]:
    blocks: list[_Block] = []
    entry: dict[str, str] = {}
    started = 0
    for line, content in enumerate([*text.splitlines(), "#Transform end"], 1):
        stripped = content.strip()
        if stripped.startswith("#Transform"):
            if entry:
                blocks.append(_block(name, started, entry))
            entry, started = {}, line
        elif stripped and not stripped.startswith("#"):
            key, colon, value = stripped.partition(":")
            if not colon or key in entry:
                raise TiepointError(f"{name}, line {line}: this is not “key: value”.")
            entry[key] = value.strip()
    if not blocks or len(blocks) > MAX_TRANSFORMS:
        raise TiepointError(f"{name} holds {len(blocks)} transforms.")
    return blocks


def _block(name: str, line: int, entry: dict[str, str]) -> _Block:
    word = entry.get("Transform", "")
    match = _CLASS.match(word)
    if match is None or match[2] != match[3] or match[2] not in "23":
        raise TiepointError(f"{name}, line {line}: “{word[:60]}” is not a 2D or 3D transform.")
    return _Block(
        line,
        match["kind"],
        int(match[2]),
        _numbers(name, line, entry.get("Parameters", "")),
        _numbers(name, line, entry.get("FixedParameters", "")),
    )


def _numbers(name: str, line: int, text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in text.split())
    except ValueError:
        raise TiepointError(
            f"{name}, transform at line {line}: a parameter is no number."
        ) from None
    if not all(map(isfinite, values)):
        raise TiepointError(f"{name}, transform at line {line}: a parameter is not finite.")
    return values


def _linear(block: _Block) -> Linear:
    """Build the map; Euler 3D keeps its rotation order as a fourth fixed parameter."""
    euler_3d = block.kind == "Euler" and block.n == 3 and len(block.fixed) == 4
    centre = block.fixed[:3] if euler_3d else block.fixed
    zyx = euler_3d and block.fixed[-1] != 0
    return linear_from(block.kind, block.n, block.parameters, centre, zyx=zyx)


def write_itk(path: Path | str, moving_to_fixed: Transform) -> None:
    """Write an ``AffineTransform`` that ITK, SimpleITK, ANTs and 3D Slicer read.

    Parameters
    ----------
    path
        Usually ending in ``.tfm``.
    moving_to_fixed
        Affine between spaces of one dimension, axis order (y, x) or (z, y, x); stored inverted,
        in ITK's direction.

    Raises
    ------
    TiepointError
        If ITK has no place for the transform, or the file cannot be written.
    """
    linear = from_moving_to_fixed(moving_to_fixed, "ITK transform files")
    n = len(linear.offset)
    numbers = " ".join(map(exact, (*linear.matrix.ravel(), *linear.offset)))
    centre = " ".join(["0"] * n)
    write_text(
        path,
        f"{MAGIC} V1.0\n#Transform 0\nTransform: AffineTransform_double_{n}_{n}\n"
        f"Parameters: {numbers}\nFixedParameters: {centre}\n",
    )

"""Displacement fields of digital image correlation, as DaVis (LaVision) exports them to text.

The header names the vector spacing in pixels of the correlated images, the rows and columns of the
grid and the units, as in ``#DaVis 8.4.0 2D-vector 12 200 300 "" "pixel" "" "pixel" "displacement"
"pixel"``; then one line per vector: x, y, u, v.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    Quantity,
    TiepointError,
    decoded_array,
    length_unit,
    spatial_axes,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

FIELDS = ("displacement x", "displacement y", "displacement", "max shear strain")
FRAME = "correlated images"
MOST_HEADER = 1000


@dataclass(frozen=True)
class Header:
    """The first line: grid and units.

    Attributes
    ----------
    version
        Of DaVis.
    step
        Distance of neighbouring vectors in pixels of the correlated images.
    rows, columns
        Size of the grid.
    unit
        Unit of the positions as written.
    value_unit
        Unit of the displacements as written.
    """

    version: str
    step: float
    rows: int
    columns: int
    unit: str
    value_unit: str


def read(path: Path) -> list[DatasetDraft]:
    """Return displacements and the strain that they imply, in one frame.

    Parameters
    ----------
    path
        The exported text file.

    Raises
    ------
    TiepointError
        If the header is damaged or vectors are missing.
    """
    header, first = _start(path)
    shape = (header.rows, header.columns)
    axes, warning = _axes(header, first)
    metadata = Metadata(
        identification={"software": f"DaVis {header.version}"},
        settings={"vector_step_px": header.step, "displacement_unit": header.value_unit},
    )
    return [
        DatasetDraft(
            title=name,
            key=name,
            technique="DIC",
            kind="image",
            axes=axes,
            array=decoded_array(decode, path, shape, np.dtype(np.float32), name),
            frame=FRAME,
            metadata=metadata,
            original=partial(original_metadata, path),
            warnings=warning,
            quantity=_quantity(name, header),
        )
        for name in FIELDS
    ]


def _quantity(field: str, header: Header) -> Quantity:
    """Return what a field's values are, in the unit that the file states for displacements."""
    if field == "max shear strain":
        return Quantity(name=field)
    stated = header.value_unit.strip()
    unit = "px" if stated.startswith("pixel") else length_unit(stated) or stated or None
    letter = field[-1] if field[-2:] in (" x", " y") else ""
    return Quantity(name="displacement", unit=unit, component=letter)


def _axes(header: Header, first: tuple[float, float]) -> tuple[tuple[Axis, ...], tuple[str, ...]]:
    """Return (y, x): positions in pixels of the correlated images unless a length is stated."""
    unit = length_unit(header.unit)
    sizes = (header.rows, header.columns)
    if unit is not None:
        steps = (header.step, header.step)
        return spatial_axes("yx", sizes, steps, unit, (first[1], first[0])), ()
    y, x = (
        Axis(name=name, size=size, scale=header.step, offset=start)
        for name, size, start in zip("yx", sizes, (first[1], first[0]), strict=True)
    )
    words = (
        f"Positions are in pixels of the correlated images, one vector every {header.step:g}: the"
        " file states no pixel size. Calibrate with the pixel size of these images."
    )
    return (y, x), (words,)


def _start(path: Path) -> tuple[Header, tuple[float, float]]:
    """Return the header and the position (x, y) of the first vector."""
    with path.open(encoding="latin-1") as stream:
        line = stream.readline(MOST_HEADER)
        values = stream.readline(MOST_HEADER).replace(",", ".").split()
    try:
        words = shlex.split(line)
        header = Header(
            words[1], float(words[3]), int(words[4]), int(words[5]), words[7], words[-1]
        )
        first = float(values[0]), float(values[1])
    except (ValueError, IndexError) as error:
        raise TiepointError(f"The first lines of {path.name} are no DaVis vector field.") from error
    grid_fits = header.rows > 1 and header.columns > 1 and header.rows * header.columns < 1 << 28
    if not (grid_fits and 0 < header.step < 1e6):
        raise TiepointError(f"The header of {path.name} states an impossible grid.")
    return header, first


def decode(path: Path, field: str) -> npt.NDArray[np.float32]:
    """Return one field of the file, (rows, columns): displacements in pixels, or a strain.

    Raises
    ------
    TiepointError
        If vectors are missing or not numbers.
    """
    header, _ = _start(path)
    with path.open(encoding="latin-1") as stream:
        stream.readline()
        words = stream.read().replace(",", ".").split()
    expected = header.rows * header.columns
    if len(words) != expected * 4:
        raise TiepointError(
            f"{path.name} is truncated: it holds {len(words) // 4} of {expected} vectors."
        )
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise TiepointError(f"{path.name} holds vectors that are not numbers.") from error
    u, v = values.reshape(header.rows, header.columns, 4)[..., 2:].transpose(2, 0, 1)
    return np.ascontiguousarray(_field(field, u, v, header.step), dtype=np.float32)


def _field(
    field: str, u: npt.NDArray[np.float64], v: npt.NDArray[np.float64], step: float
) -> npt.NDArray[np.float64]:
    if field == "displacement x":
        return u
    if field == "displacement y":
        return v
    if field == "displacement":
        return np.hypot(u, v)
    return max_shear_strain(u, v, step)


def max_shear_strain(
    u: npt.NDArray[np.float64], v: npt.NDArray[np.float64], step: float
) -> npt.NDArray[np.float64]:
    """Return the largest shear strain in the plane, the radius of Mohr's circle of small strains.

    Parameters
    ----------
    u, v
        (rows, columns) displacement along x and y, in pixels.
    step
        Distance of neighbouring vectors, in pixels.

    Returns
    -------
    ndarray
        ``sqrt(((du/dx - dv/dy) / 2)² + ((du/dy + dv/dx) / 2)²)``, without a unit.
    """
    du_dy, du_dx = np.gradient(u, step)
    dv_dy, dv_dx = np.gradient(v, step)
    shear: npt.NDArray[np.float64] = np.hypot((du_dx - dv_dy) / 2, (du_dy + dv_dx) / 2)
    return shear


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the header line verbatim."""
    with path.open(encoding="latin-1") as stream:
        return {"header": stream.readline(MOST_HEADER).strip()}

"""The two axes of a pattern and the unit in which distances on it are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray, FloatArray

PIXELS = "px"
"""Unit of distances on a camera whose file states none."""


def holds_patterns(dataset: Dataset) -> bool:
    """Whether a dataset is one pattern, or a pattern per point of a scan.

    The last two axes are those of the pattern; those before them are of the scan (two in space),
    perhaps behind others such as time. A picture of frequencies is looked at like a pattern.
    """
    if dataset.kind not in ("diffraction", "image") or len(dataset.axes) < 2:
        return False
    roles = [axis.role for axis in dataset.axes]
    if roles[-2:] != ["reciprocal"] * 2 or roles.count("reciprocal") != 2:
        return False
    scan = dataset.ndim_space
    return scan in (0, 2) and roles[-2 - scan : -2] == ["space"] * scan


def is_scanned(dataset: Dataset) -> bool:
    """Whether a dataset has a pattern per point of a scan."""
    return holds_patterns(dataset) and dataset.ndim_space == 2


def pattern_axes(dataset: Dataset) -> tuple[Axis, Axis]:
    """Return the axes of a pattern, (ky, kx).

    Raises
    ------
    TiepointError
        If the dataset holds no patterns.
    """
    if not holds_patterns(dataset):
        raise TiepointError(f"{dataset.name} holds no patterns: choose a diffraction dataset.")
    return dataset.axes[-2], dataset.axes[-1]


def unit_on(axes: tuple[Axis, Axis]) -> str:
    """Return the unit that both axes share; ``"px"`` where the file states none or two."""
    ky, kx = axes
    return ky.unit if ky.unit is not None and ky.unit == kx.unit else PIXELS


def unit_words(unit: str) -> str:
    """Return a unit as people read it behind a number: ``"nm⁻¹"`` for ``"1/nm"``."""
    return f"{unit[2:]}⁻¹" if unit.startswith("1/") else unit


def units_of(axes: tuple[Axis, Axis]) -> tuple[str, ...]:
    """Return the units in which distances can be given: that of the file, if any, and pixels."""
    return tuple(dict.fromkeys((unit_on(axes), PIXELS)))


def steps(axes: tuple[Axis, Axis], unit: str) -> FloatArray:
    """Return (2,) size of a pixel along ky and kx in a unit of `units_of`, positive.

    Raises
    ------
    TiepointError
        If the file does not tell distances in this unit.
    """
    if unit == PIXELS:
        return np.ones(2)
    if unit != unit_on(axes):
        known = " or ".join(units_of(axes))
        raise TiepointError(f"The patterns are not calibrated in {unit}: give {known}.")
    return np.array([abs(axis.scale) for axis in axes])


def distances(axes: tuple[Axis, Axis], centre_yx: tuple[float, float], unit: str) -> AnyArray:
    """Return (ky, kx) distance of every pixel's centre from a point.

    Parameters
    ----------
    centre_yx
        In pixel indices.
    unit
        Of the result; see `units_of`.
    """
    step_y, step_x = steps(axes, unit)
    rows = (np.arange(axes[0].size) - centre_yx[0]) * step_y
    columns = (np.arange(axes[1].size) - centre_yx[1]) * step_x
    far: AnyArray = np.hypot(rows[:, None], columns[None, :])
    return far

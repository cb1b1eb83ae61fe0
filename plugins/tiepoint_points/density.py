"""Localisations as a dataset: their count on a grid as fine as they are certain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    DatasetDraft,
    PointTable,
    Quantity,
    TiepointError,
    counted_array,
    extent_of,
    grid_over,
    missing_words,
    nice_step,
    spatial_axes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tiepoint.sdk import ArrayLike, Metadata

MOST_CELLS = {2: 1 << 24, 3: 1 << 25}
PROBED = 1 << 16
CELLS_ACROSS = 512
"""Where no point says how certain it is."""


def points_draft(
    path: Path,
    points: PointTable,
    unit: str,
    metadata: Metadata,
    original: Callable[[], Mapping[str, Any]],
    warnings: tuple[str, ...] = (),
) -> DatasetDraft:
    """Return the draft of a table of localisations.

    Parameters
    ----------
    path
        The file.
    points
        (N, 2) or (N, 3) positions in `unit`, with their uncertainty where it is known. A cell of
        the picture is as wide as their median uncertainty.
    unit
        Of the positions, standard spelling.
    metadata, original, warnings
        As in `DatasetDraft`.

    Raises
    ------
    TiepointError
        If there are no points, or they are not finite.
    """
    low, high, _ = extent_of(points.positions)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise TiepointError(f"{path.name} holds positions that are no numbers; it is damaged.")
    dimension = int(points.positions.shape[1])
    grid = grid_over(low, high, _step(points, high - low), MOST_CELLS[dimension])
    axes = spatial_axes("zyx"[-dimension:], grid.shape, (grid.step,) * dimension, unit, grid.origin)
    return DatasetDraft(
        title="localisations",
        key="localisations",
        technique="localisation microscopy",
        kind="points",
        axes=axes,
        array=counted_array(path, points.positions, grid),
        metadata=metadata,
        original=original,
        warnings=(*warnings, *missing_words(axes)),
        quantity=Quantity(name="localisations per cell"),
        points=points,
    )


def _step(points: PointTable, extent: Any) -> float:
    longest = float(np.max(extent))
    coarse = nice_step(longest / CELLS_ACROSS) if longest > 0 else 1.0
    if points.sigma is None:
        return coarse
    sigma = _finite(points.sigma)
    return nice_step(float(np.median(sigma))) if sigma.size else coarse


def _finite(sigma: ArrayLike) -> Any:
    values = np.asarray(sigma[:PROBED], float)[:, -2:].ravel()
    return values[np.isfinite(values) & (values > 0)]

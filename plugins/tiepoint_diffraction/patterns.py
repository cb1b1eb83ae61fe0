"""Diffraction patterns of an EBSD scan: one per point, as (y, x, ky, kx), read when asked."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Axis, DatasetDraft, LazyArray, h5_file, stored_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint_diffraction.grid import Grid

NAMES = ("Pattern", "Processed Patterns", "Unprocessed Patterns")


def pattern_drafts(
    path: Path, inner: str, grid: Grid, axes: tuple[Axis, ...]
) -> list[DatasetDraft]:
    """Return the pattern datasets of a scan whose points fill a square grid row by row.

    Parameters
    ----------
    path, inner
        File and group of the scan.
    grid
        Of its maps.
    axes
        y and x of its maps.
    """
    if grid.hexagonal:
        return []
    found: list[DatasetDraft] = []
    count = grid.shape[0] * grid.shape[1]
    with h5_file(path) as file:
        data = file[f"{inner}/EBSD/Data"]
        for name in NAMES:
            stored = data.get(name)
            fits = stored is not None and stored.ndim == 3 and stored.shape[0] == count
            if not fits or stored_elsewhere(stored):
                continue
            shape = (*grid.shape, *(int(n) for n in stored.shape[1:]))
            array = LazyArray(
                open_patterns,
                (str(path), stored.name, grid.shape[1]),
                shape,
                np.dtype(stored.dtype),
                (1, grid.shape[1], *shape[2:]),
            )
            found.append(
                DatasetDraft(
                    title=name if name.endswith("s") else f"{name}s",
                    key=f"{inner}/{name}",
                    technique="EBSD",
                    kind="diffraction",
                    axes=(
                        *axes,
                        Axis(name="ky", size=shape[2], role="reciprocal"),
                        Axis(name="kx", size=shape[3], role="reciprocal"),
                    ),
                    array=array,
                    frame=f"scan {inner}",
                )
            )
    return found


@contextmanager
def open_patterns(path: str, name: str, columns: int) -> Iterator[_Rows]:
    """Yield the patterns of a file as (y, x, ky, kx)."""
    with h5_file(Path(path)) as file:
        yield _Rows(file[name], columns)


class _Rows:
    """Slices patterns that are stored one after the other."""

    def __init__(self, stored: Any, columns: int) -> None:
        self.stored = stored
        self.columns = columns

    def __getitem__(self, key: Any) -> Any:
        rows = np.arange(self.stored.shape[0]).reshape(-1, self.columns)
        keys = key if isinstance(key, tuple) else (key,)
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            keys = keys[:at] + (slice(None),) * (5 - len(keys)) + keys[at + 1 :]
        keys = keys + (slice(None),) * (4 - len(keys))
        points = rows[keys[:2]]
        taken = [self.stored[int(point)][keys[2:]] for point in np.ravel(points)]
        return np.reshape(np.stack(taken), (*np.shape(points), *np.shape(taken[0])))

"""Counted ions: the mass spectrum, and the share of an element in every voxel."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import decoded_array
from tiepoint_atomprobe.ranges import UNRANGED, labels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import ArrayLike, LazyArray, PointGrid
    from tiepoint_atomprobe.ranges import IonRange

PART = 1 << 20
BIN_DA = 0.01


def spectrum_array(path: Path, mass: ArrayLike, size: int) -> LazyArray:
    """Return the mass spectrum: ions per 0.01 Da from 0, (size,) uint32."""
    return decoded_array(mass_spectrum, path, (size,), np.dtype(np.uint32), mass, size)


def mass_spectrum(_path: Path, mass: ArrayLike, size: int) -> npt.NDArray[Any]:
    """Return how many ions lie in each of `size` bins of 0.01 Da."""
    counts = np.zeros(size, np.uint32)
    for start in range(0, mass.shape[0], PART):
        part = np.asarray(mass[start : start + PART], float).ravel()
        part = part[(part >= 0) & (part < size * BIN_DA)]
        index = np.minimum((part / BIN_DA).astype(np.intp), size - 1)
        np.add.at(counts, index, np.uint32(1))
    return counts


def spectrum_size(mass: ArrayLike) -> int:
    """Return the number of bins: up to the heaviest of a sample, at most 500 Da."""
    count = mass.shape[0]
    starts = np.unique(np.linspace(0, max(0, count - 4096), 32).astype(int))
    heaviest = max(float(np.nanmax(mass[int(s) : int(s) + 4096])) for s in starts)
    return int(np.clip(np.ceil((heaviest + BIN_DA) / 10) * 10, 10, 500) / BIN_DA)


def composition_array(
    path: Path,
    positions: ArrayLike,
    mass: ArrayLike,
    grid: PointGrid,
    ranges: tuple[IonRange, ...],
    element: str,
) -> LazyArray:
    """Return the atomic fraction of an element per voxel, 0–1, float32; NaN in empty voxels.

    Parameters
    ----------
    positions, mass
        (N, 3) nm (z, y, x) and (N, 1) Da.
    grid
        The voxels.
    ranges
        What the ions are. Molecular ions count as the atoms they are made of; ions that no range
        names do not count.
    element
        Whose share is wanted.
    """
    return decoded_array(
        atomic_fraction, path, grid.shape, np.dtype(np.float32), positions, mass, grid, ranges,
        element,
    )  # fmt: skip


def atomic_fraction(
    _path: Path,
    positions: ArrayLike,
    mass: ArrayLike,
    grid: PointGrid,
    ranges: tuple[IonRange, ...],
    element: str,
) -> npt.NDArray[Any]:
    """Count what `composition_array` promises."""
    all_atoms, own_atoms = np.zeros(prod(grid.shape)), np.zeros(prod(grid.shape))
    every = np.array([sum(n for _, n in r.atoms) for r in ranges], float)
    own = np.array([sum(n for name, n in r.atoms if name == element) for r in ranges], float)
    for places, weights in _parts(positions, mass):
        number = labels(weights, ranges)
        flat, inside = grid.cells(places)
        kept = number[inside]
        ranged = kept != UNRANGED
        flat, kept = flat[ranged], kept[ranged]
        np.add.at(all_atoms, flat, every[kept])
        np.add.at(own_atoms, flat, own[kept])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(all_atoms > 0, own_atoms / all_atoms, np.nan)
    return share.astype(np.float32).reshape(grid.shape)


def _parts(
    positions: ArrayLike, mass: ArrayLike
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    for start in range(0, mass.shape[0], PART):
        stop = start + PART
        yield np.asarray(positions[start:stop], float), np.asarray(mass[start:stop]).ravel()

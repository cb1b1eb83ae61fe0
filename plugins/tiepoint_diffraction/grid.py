"""From measured points to a map: the grid that they were measured on, if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import TiepointError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGEST_GAP = 4.0
"""A grid may have this many cells per measured point; more, and it is no map."""
OFF_GRID = 0.2
"""Points may lie this far from their cell's centre, in steps."""


@dataclass(frozen=True)
class Grid:
    """Where the cells of a map lie.

    Attributes
    ----------
    shape
        (rows, columns).
    step
        (y, x) in µm.
    origin
        (y, x) of the first measured point in µm.
    hexagonal
        Every second row is shifted by half a step; the cells are half a step wide, and only every
        second one was measured.
    """

    shape: tuple[int, int]
    step: tuple[float, float]
    origin: tuple[float, float]
    hexagonal: bool = False

    @property
    def first_centre(self) -> tuple[float, float]:
        """(y, x) of the first pixel's centre in µm.

        On hexagonal grids the two pixels of a point lie left and right of it and together cover
        its cell, from half a step before it to half a step behind.
        """
        shift = self.step[1] / 2 if self.hexagonal else 0.0
        return self.origin[0], self.origin[1] - shift

    def cells(self, x_um: Floats, y_um: Floats) -> NDArray[np.int64]:
        """Return the flat cell index of measured points.

        Parameters
        ----------
        x_um, y_um
            Shape (n,).

        Raises
        ------
        TiepointError
            If a point lies outside the grid.
        """
        column = np.rint((x_um - self.origin[1]) / self.step[1]).astype(np.int64)
        row = np.rint((y_um - self.origin[0]) / self.step[0]).astype(np.int64)
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        if not inside.all():
            raise TiepointError(
                f"{int(np.count_nonzero(~inside))} points lie outside the map's grid of"
                f" {self.shape[0]} x {self.shape[1]} points; the file may be damaged."
            )
        return row * self.shape[1] + column

    def filled(self, values: NDArray[Any], x_um: Floats, y_um: Floats, blank: Any) -> NDArray[Any]:
        """Return the map of `values`, shape (rows, columns, …).

        Parameters
        ----------
        values
            One per point, shape (n, …).
        x_um, y_um
            Positions, shape (n,).
        blank
            Value of cells without a point. On hexagonal grids these repeat their left neighbour.
        """
        out = np.full((self.shape[0] * self.shape[1], *values.shape[1:]), blank, values.dtype)
        at = self.cells(x_um, y_um)
        out[at] = values
        if self.hexagonal:
            measured = np.zeros(len(out), bool)
            measured[at] = True
            out = _repeated(out, measured, self.shape[1])
        return out.reshape(*self.shape, *values.shape[1:])


def find_grid(x_um: Floats, y_um: Floats, name: str) -> Grid:
    """Return the grid that points were measured on.

    Parameters
    ----------
    x_um, y_um
        Positions, shape (n,).
    name
        Of the file, for the sentence.

    Raises
    ------
    TiepointError
        If the points lie on no grid.
    """
    if x_um.size == 0 or not (np.isfinite(x_um).all() and np.isfinite(y_um).all()):
        raise TiepointError(f"{name} holds no measured points.")
    dx, dy = _step(x_um), _step(y_um)
    dx, dy = dx or dy or 1.0, dy or dx or 1.0
    origin = float(y_um.min()), float(x_um.min())
    columns = round((float(x_um.max()) - origin[1]) / dx) + 1
    rows = round((float(y_um.max()) - origin[0]) / dy) + 1
    off = max(_off(x_um, origin[1], dx), _off(y_um, origin[0], dy))
    if rows * columns > LARGEST_GAP * x_um.size or off > OFF_GRID:
        raise TiepointError(
            f"{name} holds {x_um.size} single measurements at chosen points, not a map on a grid;"
            " it cannot be shown as an image."
        )
    found = Grid((rows, columns), (dy, dx), origin)
    return Grid(found.shape, found.step, found.origin, _is_hexagonal(found, x_um, y_um))


def _step(positions: Floats) -> float:
    different = np.unique(positions)
    gaps = np.diff(different)
    gaps = gaps[gaps > 1e-3 * gaps.max(initial=0.0)]
    return float(np.median(gaps)) if gaps.size else 0.0


def _off(positions: Floats, first: float, step: float) -> float:
    cells = (positions - first) / step
    return float(np.abs(cells - np.rint(cells)).max())


def _is_hexagonal(grid: Grid, x_um: Floats, y_um: Floats) -> bool:
    rows, columns = grid.shape
    if rows < 2 or columns < 3 or x_um.size > 0.75 * rows * columns:
        return False
    at = grid.cells(x_um, y_um)
    parity = (at // columns + at % columns) % 2
    return bool((parity == parity[0]).all())


def _repeated(flat: NDArray[Any], measured: NDArray[np.bool_], columns: int) -> NDArray[Any]:
    """Fill unmeasured cells with their left neighbour, except at the left edge."""
    out = flat.copy()
    cells = np.flatnonzero(~measured & (np.arange(len(flat)) % columns != 0))
    out[cells] = flat[cells - 1]
    return out

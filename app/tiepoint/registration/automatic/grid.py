"""A regular grid of spots: found among dirt, put in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.automatic.proposals import Refusal, Watch
from tiepoint.registration.automatic.spots import find_spots
from tiepoint.registration.result import FitWarning

if TYPE_CHECKING:
    from tiepoint.registration.automatic.proposals import Cancel, Progress
    from tiepoint.support.arrays import AnyArray, FloatArray

WIDTHS = (1.3, 2.5, 5.0, 10.0)
TOLERANCE = 0.12
"""Largest distance of a spot from its grid point, in pitches."""
NEIGHBOURS = 8
LEAST_FOUND = 0.75
_CANDIDATES = 3


@dataclass(frozen=True, eq=False)
class GridProposal:
    """A grid of spots.

    Attributes
    ----------
    points_yx
        (rows, cols, 2) pixel index; row 0 is the upper one, column 0 the left one, for grids
        turned by less than 45°. Missing spots stand where the grid puts them.
    found
        (rows, cols) whether there is a spot.
    sigma
        (rows, cols) 1 σ of each spot per axis, in pixels; NaN where none was found.
    pitch_yx
        (2, 2) step from row to row and from column to column, in pixels.
    residual_rms
        Distance of the spots from a straight grid, in pixels.
    sentence, warnings
        How sure this is.
    """

    points_yx: FloatArray
    found: AnyArray
    sigma: FloatArray
    pitch_yx: FloatArray
    residual_rms: float
    sentence: str
    warnings: tuple[FitWarning, ...] = ()


@dataclass(frozen=True, eq=False)
class _Lattice:
    """``point = base + row * steps[0] + col * steps[1]`` and which candidate lies where."""

    base: FloatArray
    steps: FloatArray
    owner: AnyArray
    error: float

    @property
    def count(self) -> int:
        return int((self.owner >= 0).sum())

    @property
    def rank(self) -> tuple[int, float]:
        return self.count, -self.error


def find_grid(
    image: AnyArray,
    rows: int,
    cols: int,
    *,
    width: float | None = None,
    bright: bool = True,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> GridProposal | Refusal:
    """Find a grid of `rows` × `cols` spots.

    Parameters
    ----------
    image
        (y, x).
    rows, cols
        At least 2 each.
    width
        1 σ of a spot in pixels; ``None`` tries several.
    bright
        Whether spots are brighter than the background.
    """
    if rows < 2 or cols < 2:
        return Refusal("bad_input", "A grid has at least two rows and two columns.")
    watch = Watch(progress, cancel)
    widths = WIDTHS if width is None else (width,)
    best: tuple[_Lattice, FloatArray, FloatArray] | None = None
    for number, size in enumerate(widths):
        part = watch.part(number / len(widths), (number + 1) / len(widths))
        spots = find_spots(image, width=size, bright=bright, progress=part.at, cancel=cancel)
        if isinstance(spots, Refusal):
            if spots.code != "not_found":
                return spots
            continue
        chosen = spots[: _CANDIDATES * rows * cols + 10]
        points = np.array([spot.point_yx for spot in chosen])
        lattice = _best_lattice(points, rows, cols)
        if lattice is not None and (best is None or lattice.rank > best[0].rank):
            best = lattice, points, np.array([spot.sigma.max() for spot in chosen])
    if best is None or best[0].count < LEAST_FOUND * rows * cols:
        count = 0 if best is None else best[0].count
        return Refusal(
            "not_found",
            f"Only {count} of {rows * cols} spots lie on a regular grid: check the numbers of "
            "rows and columns and the width of the spots.",
        )
    return _proposal(*best)


def _best_lattice(points: FloatArray, rows: int, cols: int) -> _Lattice | None:
    from scipy.spatial import cKDTree

    if len(points) < LEAST_FOUND * rows * cols or len(points) < 3:
        return None
    near = cKDTree(points).query(points, min(NEIGHBOURS + 1, len(points)))[1][:, 1:]
    best: _Lattice | None = None
    for start, others in enumerate(near):
        for i in others:
            for j in others:
                steps = points[[i, j]] - points[start]
                if not _plausible(steps):
                    continue
                lattice = _assigned(points, points[start], steps, rows, cols)
                if lattice is not None and (best is None or lattice.rank > best.rank):
                    best = lattice
        if best is not None and best.count == rows * cols and start >= rows * cols:
            break
    return best


def _plausible(steps: FloatArray) -> bool:
    """Whether the steps are about perpendicular, alike, and run down and to the right."""
    lengths = np.linalg.norm(steps, axis=1)
    if lengths.min() < 0.6 * lengths.max():
        return False
    if abs(float(steps[0] @ steps[1])) > 0.35 * lengths.prod():
        return False
    down, right = steps
    return bool(down[0] > abs(down[1]) * 0.999 and right[1] > 0 and down[0] * right[1] > 0)


def _assigned(
    points: FloatArray, base: FloatArray, steps: FloatArray, rows: int, cols: int
) -> _Lattice | None:
    """Put points on the grid, let the grid follow them, and keep the fullest window."""
    on = np.zeros(len(points), bool)
    for reach in (1.6, 3.2, max(rows, cols) + 0.5, np.inf):
        place = (points - base) @ np.linalg.inv(steps)
        cell = np.rint(place)
        on = (np.abs(place - cell).max(axis=1) < TOLERANCE) & (np.abs(cell).max(axis=1) <= reach)
        if on.sum() < 3:
            return None
        design = np.column_stack([np.ones(int(on.sum())), cell[on]])
        if np.linalg.matrix_rank(design) < 3:
            return None
        solution = np.linalg.lstsq(design, points[on], rcond=None)[0]
        base, steps = solution[0], solution[1:]
    return _window(points, base, steps, np.flatnonzero(on), cell.astype(int), rows, cols)


def _window(
    points: FloatArray,
    base: FloatArray,
    steps: FloatArray,
    on: AnyArray,
    cell: AnyArray,
    rows: int,
    cols: int,
) -> _Lattice | None:
    best: _Lattice | None = None
    used = cell[on]
    for top in range(used[:, 0].min(), max(used[:, 0].max() - rows + 1, used[:, 0].min()) + 1):
        for left in range(used[:, 1].min(), max(used[:, 1].max() - cols + 1, used[:, 1].min()) + 1):
            owner = np.full((rows, cols), -1)
            for index in on[::-1]:  # brighter ones last: they win
                r, c = cell[index] - (top, left)
                if 0 <= r < rows and 0 <= c < cols:
                    owner[r, c] = index
            lattice = _refitted(points, owner)
            if lattice is not None and (best is None or lattice.rank > best.rank):
                best = lattice
    return best


def _refitted(points: FloatArray, owner: AnyArray) -> _Lattice | None:
    cells = np.argwhere(owner >= 0)
    design = np.column_stack([np.ones(len(cells)), cells])
    if len(cells) < 3 or np.linalg.matrix_rank(design) < 3:
        return None
    seen = points[owner[owner >= 0]]
    solution = np.asarray(np.linalg.lstsq(design, seen, rcond=None)[0], float)
    off = seen - design @ solution
    error = float(np.sqrt((off**2).sum(axis=1).mean()))
    return _Lattice(solution[0], solution[1:], owner, error)


def _proposal(lattice: _Lattice, points: FloatArray, sigma: FloatArray) -> GridProposal:
    rows, cols = lattice.owner.shape
    cells = np.indices((rows, cols)).transpose(1, 2, 0)
    found = lattice.owner >= 0
    ideal = lattice.base + cells @ lattice.steps
    places = np.where(found[..., None], points[lattice.owner], ideal)
    warnings = []
    missing = int((~found).sum())
    if missing:
        warnings.append(FitWarning("missing", f"{missing} of {rows * cols} spots were not found."))
    pitch = np.linalg.norm(lattice.steps, axis=1)
    sentence = (
        f"{lattice.count} of {rows * cols} spots on a grid of {pitch[0]:.2f} × {pitch[1]:.2f} px, "
        f"off a straight grid by {lattice.error:.2f} px (RMS)."
    )
    if rows == cols:
        sentence += " A square grid looks alike after a quarter turn: check its orientation."
    return GridProposal(
        places,
        found,
        np.where(found, sigma[lattice.owner], np.nan),
        lattice.steps,
        lattice.error,
        sentence,
        tuple(warnings),
    )

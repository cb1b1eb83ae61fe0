"""Which pairs contradict the others.

The test of one pair is ``F = [(RSS - RSS₋ᵢ) / K] / [RSS₋ᵢ / (ν - K)]`` with Bonferroni's
correction. Several bad pairs hide one another, so up to ten pairs every small set is tried
(no random sampling: the answer is the same each time).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import adjust
from tiepoint.registration.models import MODELS
from tiepoint.registration.statistics import f_tail

if TYPE_CHECKING:
    from tiepoint.registration.adjust import Adjustment
    from tiepoint.registration.form import Form
    from tiepoint.registration.leave_one_out import LeftOut
    from tiepoint.registration.pairs import Pairs
    from tiepoint.support.arrays import FloatArray

LEVEL = 0.05
SET_LEVEL = 0.01
"""Level for sets of several pairs, of which there are many more."""
ENUMERATE_UP_TO = 10
LARGEST_SET = 4


def bad_point_p_values(
    n_dim: int, nu: float, rss: float, left_out: LeftOut | None
) -> FloatArray | None:
    """Return the Bonferroni-corrected p-value of each pair (N,); ``None`` without redundancy.

    Parameters
    ----------
    n_dim
        K of the fixed space.
    nu, rss
        Redundancy and weighted sum of squares of the full fit.
    left_out
        The fits without each pair.
    """
    spare = nu - n_dim
    if left_out is None or spare <= 0:
        return None
    floor = 1e-24 * rss
    ratio = ((rss - left_out.rss) / n_dim) / (np.maximum(left_out.rss, floor) / spare)
    ratio = np.nan_to_num(ratio, nan=0.0)
    return np.asarray(np.minimum(1.0, f_tail(ratio, n_dim, spare) * len(ratio)))


def contradicting(
    form: Form, pairs: Pairs, full: Adjustment, nu: float, p_values: FloatArray | None
) -> tuple[int, ...]:
    """Return the indices of the pairs that contradict the others.

    One pair at the 5 % level, a set of several (up to ten pairs, tried exhaustively) at 1 %.
    """
    if p_values is None:
        return ()
    if len(pairs) > ENUMERATE_UP_TO:
        return tuple(int(i) for i in np.flatnonzero(p_values < LEVEL))
    single = int(np.argmin(p_values))
    best = float(p_values[single])
    chosen: tuple[int, ...] = (single,) if best < LEVEL else ()
    whitened = _Whitened.of(full)
    for size in range(2, LARGEST_SET + 1):
        found = _worst_set(form, pairs, full, whitened, nu, size)
        if found is not None and found[0] < min(best, SET_LEVEL):
            best, chosen = found
    return tuple(sorted(chosen))


@dataclass(frozen=True, eq=False)
class _Whitened:
    """Residuals (N K,) and hat matrix (N K, N K) in units of their own standard deviation."""

    residuals: FloatArray
    hat: FloatArray

    @classmethod
    def of(cls, full: Adjustment) -> _Whitened:
        residuals, columns = full.residuals[..., None], full.columns
        if full.precision is not None:
            root = np.swapaxes(np.linalg.cholesky(full.precision), -1, -2)
            residuals, columns = root @ residuals, root @ columns
        tall = columns.reshape(-1, columns.shape[-1])
        return cls(residuals.ravel(), np.asarray(tall @ full.cofactor @ tall.T))

    def gains(self, sets: list[tuple[int, ...]], n_dim: int) -> FloatArray:
        """Return by how much the sum of squares falls without each set, to first order."""
        rows = np.array(sets)[:, :, None] * n_dim + np.arange(n_dim)
        rows = rows.reshape(len(sets), -1)
        rest = np.eye(rows.shape[1]) - self.hat[rows[:, :, None], rows[:, None, :]]
        lost = np.linalg.det(rest) < 1e-9
        rest[lost] = np.eye(rows.shape[1])
        residuals = self.residuals[rows]
        gains = (residuals * np.linalg.solve(rest, residuals[..., None])[..., 0]).sum(-1)
        return np.asarray(np.where(lost, -np.inf, gains))


def _worst_set(
    form: Form, pairs: Pairs, full: Adjustment, whitened: _Whitened, nu: float, size: int
) -> tuple[float, tuple[int, ...]] | None:
    """Return the p-value and members of the set whose removal helps most, if it is proved.

    Each member must also be bad by itself when the rest of the set is already out.
    """
    n, k = pairs.fixed.shape
    spare = nu - k * size
    if spare <= 0 or n - size < max(MODELS[form.name].minimum_pairs(form.n_in) + 1, n // 2 + 1):
        return None
    sets = list(combinations(range(n), size))
    members = sets[int(np.argmax(whitened.gains(sets, k)))]
    fewer = [tuple(m for m in members if m != each) for each in members]
    rss = _rss_without(form, pairs, full, [members, *fewer])
    if rss is None:
        return None
    left = max(float(rss[0]), 1e-24 * float(full.rss), 1e-300) / spare
    p_value = float(f_tail((float(full.rss) - rss[0]) / (k * size) / left, k * size, spare))
    proved = np.all(f_tail((rss[1:] - rss[0]) / k / left, k, spare) * n < LEVEL)
    return (p_value * comb(n, size), members) if proved else None


def _rss_without(
    form: Form, pairs: Pairs, full: Adjustment, sets: list[tuple[int, ...]]
) -> FloatArray | None:
    """Return the weighted sums of squares without each set; infinite where that fails."""
    keep = np.ones((len(sets), len(pairs)))
    for row, members in enumerate(sets):
        keep[row, list(members)] = 0
    try:
        refits = adjust(
            form,
            pairs.moving,
            pairs.fixed,
            precision=full.precision,
            keep=keep,
        )
    except np.linalg.LinAlgError:
        return None
    return np.asarray(np.where(refits.converged, refits.rss, np.inf))

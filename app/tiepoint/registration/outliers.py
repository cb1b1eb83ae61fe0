"""Which pairs contradict the others.

The test of one pair is ``F = [(RSS - RSS₋ᵢ) / K] / [RSS₋ᵢ / (ν - K)]`` with Bonferroni's
correction. Several bad pairs hide one another, so up to ten pairs every small set is tried
(no random sampling: the answer is the same each time).
"""

from __future__ import annotations

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
    """Return the indices of the pairs that contradict the others at the 5 % level."""
    if p_values is None:
        return ()
    single = int(np.argmin(p_values))
    best = float(p_values[single])
    chosen: tuple[int, ...] = (single,)
    if len(pairs) <= ENUMERATE_UP_TO and not _perfect(full):
        for size in range(2, LARGEST_SET + 1):
            found = _worst_set(form, pairs, full, nu, size)
            if found is not None and found[0] < best:
                best, chosen = found
    elif len(pairs) > ENUMERATE_UP_TO:
        return tuple(int(i) for i in np.flatnonzero(p_values < LEVEL))
    return tuple(sorted(chosen)) if best < LEVEL else ()


def _perfect(full: Adjustment) -> bool:
    """Return whether the residuals are no more than rounding."""
    size = float(np.abs(full.residuals).max())
    reach = float(np.abs(full.columns[..., : full.columns.shape[-1]]).max())
    return size <= 1e-12 * reach


def _worst_set(
    form: Form, pairs: Pairs, full: Adjustment, nu: float, size: int
) -> tuple[float, tuple[int, ...]] | None:
    """Return the p-value and members of the set whose removal helps most, if it is proved.

    Each member must also be bad by itself when the rest of the set is already out.
    """
    n, k = pairs.fixed.shape
    spare = nu - k * size
    if spare <= 0 or n - size < max(MODELS[form.name].minimum_pairs(form.n_in) + 1, n // 2 + 1):
        return None
    sets = list(combinations(range(n), size))
    rss = _rss_without(form, pairs, full, sets)
    if rss is None:
        return None
    rss = np.maximum(rss, 1e-24 * float(full.rss))
    best = int(np.argmin(rss))
    gain = (float(full.rss) - rss[best]) / (k * size)
    p_value = float(f_tail(gain / (rss[best] / spare), k * size, spare)) * comb(n, size)
    members = sets[best]
    fewer = [tuple(m for m in members if m != each) for each in members]
    partly = _rss_without(form, pairs, full, fewer)
    if partly is None:
        return None
    each_ratio = ((partly - rss[best]) / k) / (rss[best] / spare)
    proved = np.all(f_tail(each_ratio, k, spare) * n < LEVEL)
    return (p_value, members) if proved else None


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

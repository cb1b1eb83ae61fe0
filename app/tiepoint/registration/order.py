"""Were the landmarks clicked in the same order in both datasets: all orders are tried."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.models import MODELS, bind
from tiepoint.registration.statistics import f_tail
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from tiepoint.registration.form import Form
    from tiepoint.support.arrays import AnyArray, FloatArray

ORDER_UP_TO = 8
ORDER_LEVEL = 0.01
PROMISING = 200
"""Orders that are fitted with the model itself, of all that its free affine map suggests."""


@dataclass(frozen=True)
class OrderQuestion:
    """Another order of the fixed points fits far better, which may have been meant.

    Attributes
    ----------
    order
        ``fixed[list(order)]`` belongs to the moving points as they stand.
    rms_given, rms_found
        RMS residual lengths, fixed unit.
    pairs
        Names of the pairs whose partner would change.
    sentence
        The question.
    """

    order: tuple[int, ...]
    rms_given: float
    rms_found: float
    pairs: tuple[str, ...]
    sentence: str


def find_better_order(
    moving: FloatArray,
    fixed: FloatArray,
    model: str,
    *,
    mirror: bool = False,
    unit: str | None = None,
    names: tuple[str, ...] | None = None,
) -> OrderQuestion | None:
    """Look for an order of the fixed points that fits significantly better (N <= 8).

    Parameters
    ----------
    moving, fixed
        (N, n_in) and (N, n_out).
    model, mirror
        The model; a spline is judged by its affine part.
    unit
        Unit of the fixed positions; ``None``: pixels.
    names
        Words for the pairs; ``None``: 1, 2, 3 …

    Returns
    -------
    OrderQuestion or None
        ``None`` when no order is better by F(ν, ν) at 1 %, when nothing can be told (ν = 0) or
        when there are more than eight pairs.
    """
    n, n_in = moving.shape
    name = "affine" if model == "tps" else model
    nu = fixed.size - MODELS[name].parameter_count(n_in)
    if n > ORDER_UP_TO or nu <= 0 or n < 2:
        return None
    form = bind(name, n_in, fixed.shape[1], pivot=moving.mean(axis=0), mirror=mirror)
    orders = _promising(moving, fixed)
    rss = _order_rss(form, moving, fixed[orders])
    best = int(np.argmin(rss))
    floor = max(1e-24 * float((fixed**2).sum()), 1e-300)
    if best == 0 or f_tail(float(rss[0]) / max(float(rss[best]), floor), nu, nu) > ORDER_LEVEL:
        return None
    words = names or tuple(str(i + 1) for i in range(n))
    order = tuple(int(i) for i in orders[best])
    changed = tuple(words[i] for i in range(n) if order[i] != i)
    given, found = (float(np.sqrt(rss[i] / n)) for i in (0, best))
    return OrderQuestion(
        order,
        given,
        found,
        changed,
        f"In another order the pairs fit far better ({format_length(found, unit)} instead of "
        f"{format_length(given, unit)}): were {', '.join(changed)} clicked in a "
        "different order in the two datasets?",
    )


@lru_cache(maxsize=ORDER_UP_TO)
def _all_orders(n: int) -> AnyArray:
    """Return every order of n things (n!, n), the natural one first."""
    return np.array(list(permutations(range(n))))


def _promising(moving: FloatArray, fixed: FloatArray) -> AnyArray:
    """Return orders (M, N) worth fitting, the given one first.

    The residual of the free affine map bounds that of every model it contains from below.
    """
    orders = _all_orders(len(moving))
    if len(orders) <= PROMISING:
        return orders
    frame = np.linalg.qr(moving - moving.mean(axis=0))[0]
    v = fixed - fixed.mean(axis=0)
    # Reordering the frame by an order explains what the inverse order of the fixed points does.
    explained = sum(((column[orders] @ v) ** 2).sum(axis=1) for column in frame.T)
    best = np.argpartition(-np.asarray(explained), PROMISING)[:PROMISING]
    return np.vstack([orders[:1], np.argsort(orders[best], axis=1)])


def _order_rss(form: Form, moving: FloatArray, fixed: FloatArray) -> FloatArray:
    """Return the smallest sum of squares of each order (M,)."""
    many = np.broadcast_to(moving, (len(fixed), *moving.shape))
    ones = np.ones(fixed.shape[:2])
    best = np.full(len(fixed), np.inf)
    for start in form.starts(many, fixed, ones):
        gaps = fixed - form.apply(start, many)
        best = np.minimum(best, (gaps**2).sum((-1, -2)))
    return best

"""Rival optima: poses that the pairs cannot tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.adjust import Adjustment, adjust
from tiepoint.registration.statistics import f_tail

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.form import Form
    from tiepoint.registration.pairs import Pairs
    from tiepoint.support.arrays import FloatArray

RIVAL_LEVEL = 0.05


def distinct_poses(
    form: Form, pairs: Pairs, nu: int, near: Transform | None = None
) -> list[Adjustment]:
    """Return the best fit and every other optimum that F(ν, ν) cannot reject at 5 %.

    Parameters
    ----------
    form, pairs, nu
        What is fitted, and its redundancy.
    near
        Put the pose whose linear part is nearest to this one first.

    Raises
    ------
    numpy.linalg.LinAlgError
        If no start determines the parameters.
    """
    starts = form.starts(pairs.moving, pairs.fixed, _even_weights(pairs))
    if len(starts) == 1:
        only = _fitted(form, pairs, None)
        return [only] if only.converged else []
    found: list[Adjustment] = []
    for start in starts:
        try:
            pose = _fitted(form, pairs, start)
        except np.linalg.LinAlgError:
            continue
        if pose.converged and not any(_same(form, pose, other) for other in found):
            found.append(pose)
    found.sort(key=lambda pose: float(pose.rss))
    kept = [pose for pose in found if _plausible(pose, found[0], nu, pairs)]
    if near is not None and len(kept) > 1:
        wanted = near.jacobian(pairs.moving.mean(axis=0, keepdims=True))[0]
        kept.sort(key=lambda pose: float(np.linalg.norm(_linear(form, pose) - wanted)))
    return kept


def _even_weights(pairs: Pairs) -> FloatArray:
    return np.ones(len(pairs))


def _fitted(form: Form, pairs: Pairs, start: FloatArray | None) -> Adjustment:
    return adjust(
        form,
        pairs.moving,
        pairs.fixed,
        sigma_moving=pairs.sigma_moving,
        sigma_fixed=pairs.sigma_fixed,
        start=start,
    )


def _linear(form: Form, pose: Adjustment) -> FloatArray:
    return np.asarray(form.linear(pose.theta, form.pivot[None])[0])


def _same(form: Form, one: Adjustment, other: Adjustment) -> bool:
    gap = np.linalg.norm(_linear(form, one) - _linear(form, other))
    return bool(gap < 1e-4 * np.linalg.norm(_linear(form, one)))


def _plausible(pose: Adjustment, best: Adjustment, nu: int, pairs: Pairs) -> bool:
    floor = max(1e-22 * float((pairs.fixed**2).sum()), 1e-300)
    if nu == 0:
        return bool(pose.rss <= 1e6 * max(float(best.rss), floor))
    ratio = max(float(pose.rss), floor) / max(float(best.rss), floor)
    return bool(f_tail(ratio, nu, nu) > RIVAL_LEVEL)

"""Landmark pairs as arrays, read and checked once before any fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.models import MODELS
from tiepoint.registration.result import FitFailure, diagonal_covariances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.support.arrays import AnyArray, FloatArray


@dataclass(frozen=True, eq=False)
class Pairs:
    """Checked landmark pairs.

    Attributes
    ----------
    moving, fixed
        (N, n_in), (N, n_out).
    names
        N words.
    sigma_moving, sigma_fixed
        (N, K, K) covariances of the points, ``None`` where not given.
    """

    moving: FloatArray
    fixed: FloatArray
    names: tuple[str, ...]
    sigma_moving: FloatArray | None = None
    sigma_fixed: FloatArray | None = None

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.moving)


def read_pairs(
    moving: FloatArray,
    fixed: FloatArray,
    model: str,
    *,
    fle_moving: FloatArray | None = None,
    fle_fixed: FloatArray | None = None,
    names: Sequence[str] | None = None,
) -> Pairs | FitFailure:
    """Return the pairs, or why they cannot be used with this model; see `estimate.fit`."""
    moving = np.atleast_2d(np.asarray(moving, float))
    fixed = np.atleast_2d(np.asarray(fixed, float))
    words = tuple(str(i + 1) for i in range(len(moving))) if names is None else tuple(names)
    if len(moving) != len(fixed) or len(words) != len(moving):
        return FitFailure(
            "wrong_dimension",
            f"The lists do not match: {len(moving)} moving points, {len(fixed)} fixed points and "
            f"{len(words)} names.",
        )
    refusal = (
        _model_refusal(moving, fixed, model)
        or _number_refusal(moving, fixed, words)
        or _count_refusal(moving, model)
        or _duplicate_refusal(moving, words)
    )
    if refusal is not None:
        return refusal
    try:
        sigma_moving = _covariances(fle_moving, moving)
        sigma_fixed = _covariances(fle_fixed, fixed)
    except ValueError:
        return FitFailure(
            "bad_fle",
            "A localisation error (FLE) is needed per axis, or per point and axis: "
            f"{moving.shape[1]} values in the moving and {fixed.shape[1]} in the fixed dataset.",
        )
    pairs = Pairs(moving, fixed, words, sigma_moving, sigma_fixed)
    return _fle_refusal(pairs) or pairs


def _covariances(fle: FloatArray | None, points: FloatArray) -> FloatArray | None:
    return None if fle is None else diagonal_covariances(np.asarray(fle, float), points.shape)


def _model_refusal(moving: FloatArray, fixed: FloatArray, model: str) -> FitFailure | None:
    kind = MODELS.get(model)
    if kind is None:
        return FitFailure("unknown_model", f"There is no model called {model!r}.")
    shape = (moving.shape[1], fixed.shape[1])
    if shape in kind.dimensions:
        return None
    wanted = " or ".join(f"{n_in}D to {n_out}D" for n_in, n_out in kind.dimensions)
    return FitFailure(
        "wrong_dimension",
        f"The model “{kind.label}” maps {wanted} points; these pairs go from {shape[0]}D to "
        f"{shape[1]}D.",
    )


def _number_refusal(
    moving: FloatArray, fixed: FloatArray, names: tuple[str, ...]
) -> FitFailure | None:
    fine: AnyArray = np.asarray(np.isfinite(np.hstack([moving, fixed])).all(axis=1))
    if fine.all():
        return None
    bad = tuple(name for name, good in zip(names, fine, strict=True) if not good)
    return FitFailure(
        "non_finite", f"A coordinate is missing or not a number in pair {_listed(bad)}.", bad
    )


def _count_refusal(moving: FloatArray, model: str) -> FitFailure | None:
    kind = MODELS[model]
    needed = kind.minimum_pairs(moving.shape[1])
    if len(moving) >= needed:
        return None
    missing = needed - len(moving)
    return FitFailure(
        "too_few_pairs",
        f"The model “{kind.label}” needs {needed} pairs, and there "
        f"{'is' if len(moving) == 1 else 'are'} {len(moving)}: add {missing} more"
        + (", and one further to know the error." if kind.name != "tps" else "."),
    )


def _duplicate_refusal(moving: FloatArray, names: tuple[str, ...]) -> FitFailure | None:
    size = float(np.abs(moving - moving.mean(axis=0)).max())
    order = np.lexsort(moving.T)
    steps = np.abs(np.diff(moving[order], axis=0)).max(axis=1, initial=0.0)
    twins = np.flatnonzero(steps <= 1e-9 * size)
    if len(moving) < 2 or not len(twins):
        return None
    same = (names[order[twins[0]]], names[order[twins[0] + 1]])
    return FitFailure(
        "duplicate",
        f"Pairs {_listed(same)} have the same position in the moving dataset: one of them has "
        "to go, it would count as independent evidence.",
        same,
    )


def _fle_refusal(pairs: Pairs) -> FitFailure | None:
    given = [sigma for sigma in (pairs.sigma_moving, pairs.sigma_fixed) if sigma is not None]
    fine = all(np.isfinite(sigma).all() for sigma in given)
    weightless = any(
        np.any(np.diagonal(sigma, axis1=1, axis2=2) <= 0) for sigma in given
    ) and not _someone_positive(pairs)
    lost = pairs.sigma_fixed is None and bool(given) and _falls_short(pairs)
    if fine and not weightless and not lost:
        return None
    return FitFailure(
        "bad_fle",
        "Every point needs a localisation error (FLE) above zero on each axis, in at least one "
        "of the two datasets.",
    )


def _someone_positive(pairs: Pairs) -> bool:
    """Return whether one of the two datasets has a full set of positive errors."""
    enough = [pairs.sigma_fixed]
    if not _falls_short(pairs):
        enough.append(pairs.sigma_moving)
    return any(
        sigma is not None and bool(np.all(np.diagonal(sigma, axis1=1, axis2=2) > 0))
        for sigma in enough
    )


def _falls_short(pairs: Pairs) -> bool:
    """Return whether errors of the moving points alone leave a fixed direction without any."""
    return bool(pairs.moving.shape[1] < pairs.fixed.shape[1])


def _listed(names: Sequence[str]) -> str:
    """Return “a”, “b” and “c”."""
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]

"""Normalised mutual information of two images that lie on one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

BINS = 32


def binned(values: FloatArray, mask: AnyArray, bins: int = BINS) -> AnyArray:
    """Return the bin of each value, 0 to ``bins - 1``, between the 0.5 and 99.5 percentiles."""
    low, high = np.percentile(values[mask], [0.5, 99.5])
    if high <= low:
        low, high = float(values[mask].min()), float(values[mask].max())
    if high <= low:
        return np.zeros(values.shape, np.intp)
    scaled = (values - low) * (bins / (high - low))
    return np.asarray(np.clip(scaled, 0, bins - 1), np.intp)


def mutual_information(first: AnyArray, second: AnyArray, bins: int = BINS) -> tuple[float, float]:
    """Return the mutual information in nats and Studholme's normalised form, 1 to 2.

    What chance gives in so few pixels, (rows - 1)(columns - 1)/2n nats for the bins in use, is
    taken away, so that unrelated images give 0 and 1 on average.

    Parameters
    ----------
    first, second
        Bins of the same pixels.

    References
    ----------
    Studholme, Hill & Hawkes, Pattern Recognit. 32:71, 1999; the bias: Miller, Information
    Theory in Psychology, 1955.
    """
    joint = np.bincount(np.ravel(first) * bins + np.ravel(second), minlength=bins * bins)
    joint = np.asarray(joint.reshape(bins, bins) / max(first.size, 1), float)
    rows: FloatArray = np.asarray(joint.sum(axis=1), float)
    columns: FloatArray = np.asarray(joint.sum(axis=0), float)
    both = _entropy(joint)
    chance = ((rows > 0).sum() - 1) * ((columns > 0).sum() - 1) / (2 * max(first.size, 1))
    information = max(_entropy(rows) + _entropy(columns) - both - float(chance), 0.0)
    return information, 1 + (information / both if both > 0 else 0.0)


def _entropy(shares: AnyArray) -> float:
    seen = shares[shares > 0]
    return float(-(seen * np.log(seen)).sum())

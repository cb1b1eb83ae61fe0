"""Virtual images of a 4D-STEM scan against numpy, and against merely reading the same values.

The scan has 256 × 256 points of 128 × 128 pixels of 16 bits (2 GB) in memory, of which one eighth
is random and the rest repeats it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench_table import Rival

from tiepoint.model.axes import Axis
from tiepoint.patterns import sums
from tiepoint.patterns.detectors import Detector, mask_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench_table import Compared

    from tiepoint.support.arrays import AnyArray

    Compare = Callable[..., Compared]

SCAN, CAMERA = 256, 128
MIDDLE = (CAMERA / 2, CAMERA / 2)
AXES = tuple(Axis(name=name, size=CAMERA, role="reciprocal") for name in ("ky", "kx"))


@pytest.fixture(scope="module")
def scan() -> AnyArray:
    """Counts of a scan, (y, x, ky, kx)."""
    rng = np.random.default_rng(0)
    tile = rng.poisson(3.0, (SCAN // 8, SCAN, CAMERA, CAMERA)).astype(np.uint16)
    sums.warm_up(tile.dtype)
    return np.concatenate([tile] * 8)


@pytest.mark.parametrize(
    ("name", "inner", "outer", "goal"),
    [("BF", 0, 12, None), ("ADF", 14, 40, 0.5), ("all", 0, 99, 0.5)],
)
def test_virtual_image(
    compare: Compare, scan: AnyArray, name: str, inner: float, outer: float, goal: float | None
) -> None:
    mask = mask_of(Detector(MIDDLE, inner, outer), (AXES[0], AXES[1]))
    weights = mask.astype(np.uint16)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    hull = np.s_[..., rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = compare(
        f"virtual image {name}, 256² × 128² uint16 in RAM",
        lambda: sums.virtual_image(scan, mask),
        Rival(
            "numpy, masked sum of the hull",
            lambda: np.einsum(
                "abij,ij->ab", scan[hull], weights[hull], dtype=np.uint64, casting="unsafe"
            ),
            goal=goal,
        ),
        Rival(
            "reading the same rows (numpy max)", lambda: scan[:, :, rows[0] : rows[-1] + 1].max()
        ),
    )
    np.testing.assert_array_equal(found.ours, found.rivals["numpy, masked sum of the hull"])

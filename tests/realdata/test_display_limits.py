"""Display limits of a sample beside those of all values."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tiepoint.data.contrast import contrast_limits
from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata

TIMES = 12


@dataclass
class Enlarged:
    """A volume whose slices have every value `TIMES` times along rows and columns."""

    values: np.ndarray
    ndim = 3
    read = 0

    @property
    def shape(self) -> tuple[int, ...]:
        n, rows, cols = self.values.shape
        return n, rows * TIMES, cols * TIMES

    @property
    def dtype(self) -> np.dtype:
        return self.values.dtype

    def __getitem__(self, key: tuple[int, slice, slice]) -> np.ndarray:
        rows, cols = (
            np.arange(n)[k] // TIMES for n, k in zip(self.shape[1:], key[1:], strict=True)
        )
        part = self.values[key[0]][np.ix_(rows, cols)]
        self.read += part.size
        return part


def test_a_few_strips_of_a_large_scan_give_its_limits_within_one_percent(realdata: Path) -> None:
    _, (scan,) = open_file(realdata / "ct/puma/100_fiberform.tif")
    values = np.asarray(scan.array[...])
    low, high = np.percentile(values, [0.3, 99.7])
    large = Enlarged(values)
    assert contrast_limits(large) == pytest.approx((low, high), abs=0.01 * (high - low))
    assert large.read < np.prod(large.shape) / 50

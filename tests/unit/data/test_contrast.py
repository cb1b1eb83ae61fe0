"""Display limits from a sample."""

import numpy as np
import pytest

from tiepoint.data.contrast import contrast_limits


class Counting:
    """A lazy volume that counts what is read of it."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.read = values, 0
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key: object) -> np.ndarray:
        part = self.values[key]
        self.read += part.size
        return part


def test_only_some_slices_of_a_volume_are_read() -> None:
    volume = Counting(np.random.default_rng(0).normal(100, 10, (64, 32, 32)))
    low, high = contrast_limits(volume)
    assert volume.read <= 8 * 32 * 32
    assert 65 < low < 80
    assert 120 < high < 135


@pytest.mark.parametrize(
    "values",
    [np.zeros((4, 4)), np.full((4, 4), np.nan), np.full((4, 4), 7, np.uint8), np.zeros((0, 4))],
)
def test_limits_are_ordered_whatever_the_values(values: np.ndarray) -> None:
    low, high = contrast_limits(values)
    assert low < high


def test_infinities_and_nan_are_left_out() -> None:
    values = np.array([[np.nan, np.inf], [1.0, 3.0]])
    assert contrast_limits(values, 0, 100) == (1.0, 3.0)

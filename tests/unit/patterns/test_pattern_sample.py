"""A look at a scan that reads no more than it may."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_patterns import Watched, patterns

from tiepoint.patterns import sampling


def test_a_small_scan_is_read_whole():
    values = patterns()
    found = sampling.take_sample(Watched(values))
    assert found.is_whole
    np.testing.assert_allclose(found.picture, values.mean(axis=(2, 3)))
    np.testing.assert_allclose(found.mean, values.mean(axis=(0, 1)))


def test_a_large_scan_is_read_at_even_steps(monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 1 << 18)
    monkeypatch.setattr(sampling, "LEAST_POINTS", 4)
    values = np.random.default_rng(0).integers(0, 99, (40, 50, 16, 16), np.uint16)
    source = Watched(values)
    found = sampling.take_sample(source)
    rows, columns = (
        slice(first, None, step) for first, step in zip(found.first, found.step, strict=True)
    )
    assert found.step == (2, 2)
    assert source.read == values[rows, columns].size
    np.testing.assert_allclose(found.picture, values[rows, columns].mean(axis=(2, 3)))


class Huge:
    """A scan of 256 GB that nobody could read whole."""

    shape, dtype, ndim = (1024, 1024, 256, 256), np.dtype(np.uint32), 4

    def __init__(self, chunks):
        self.chunks = chunks


@pytest.mark.parametrize(
    "chunks", [None, (1, 1024, 256, 256), (32, 32, 256, 256), (1, 1, 256, 256)]
)
def test_what_a_huge_scan_costs_is_bounded(chunks):
    source = Huge(chunks)
    rows, columns = sampling.sample_step(source)
    tall, wide = chunks[:2] if chunks else (1, 1)
    pieces = -(-1024 // max(rows, tall)) * -(-1024 // max(columns, wide))
    least = sampling.LEAST_POINTS
    assert 1024 // rows >= least
    assert 1024 // columns >= least
    allowed = max(sampling.MOST_READ_BYTES, least * least * tall * wide * 2**18)
    assert pieces * tall * wide * 2**18 <= allowed


def test_steps_never_leave_a_side_of_the_scan_out():
    source = Huge(None)
    source.shape = (3, 2, 4096, 4096)
    assert sampling.sample_step(source) == (1, 1)

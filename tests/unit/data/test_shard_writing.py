"""Shards written here are read by the zarr library, and by our own reader."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.data.pyramids.plan import LevelPlan
from tiepoint.data.pyramids.write import COMPRESSION_LEVEL, create_level, level_array
from tiepoint.data.shard_writing import ShardForm

AXES = st.tuples(st.integers(1, 20), st.integers(4, 9), st.integers(1, 3))
"""Length of an axis, chunk, and chunks in a file."""


def write(folder, values, chunks, shards):
    plan = LevelPlan(values.shape, (1,) * values.ndim, (), chunks, shards)
    create_level(folder, plan, values.dtype, [f"a{n}" for n in range(values.ndim)])
    ShardForm(chunks, shards, COMPRESSION_LEVEL).write(folder, values, [0] * values.ndim)
    return plan


@settings(max_examples=30)
@given(st.lists(AXES, min_size=1, max_size=3), st.sampled_from(["u1", "<u2", ">u2", "f4", "f8"]))
def test_any_shape_comes_back(axes, kind):
    shape, chunks, counts = (tuple(n) for n in zip(*axes, strict=True))
    shards = tuple(c * n for c, n in zip(chunks, counts, strict=True))
    values = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    with TemporaryDirectory() as folder:
        target = Path(folder, "0")
        plan = write(target, values, chunks, shards)
        np.testing.assert_array_equal(zarr.open_array(target, mode="r")[...], values)
        np.testing.assert_array_equal(level_array(target, plan, values.dtype)[...], values)
        assert not list(target.rglob("*.partial"))


def test_a_block_goes_where_it_starts(tmp_path):
    values = np.random.default_rng(0).integers(0, 999, (20, 30), np.uint16)
    plan = LevelPlan(values.shape, (1, 1), (), (4, 5), (8, 10))
    create_level(tmp_path / "0", plan, values.dtype, ["y", "x"])
    form = ShardForm((4, 5), (8, 10), COMPRESSION_LEVEL)
    for row in (0, 8, 16):
        form.write(tmp_path / "0", values[row : row + 8], (row, 0))
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "0", mode="r")[...], values)


def test_a_changed_byte_is_noticed(tmp_path):
    write(tmp_path / "0", np.arange(64, dtype="u2").reshape(8, 8), (4, 4), (8, 8))
    file = tmp_path / "0" / "c" / "0" / "0"
    content = bytearray(file.read_bytes())
    content[20] ^= 255
    file.write_bytes(content)
    with pytest.raises(ValueError, match="checksum"):
        zarr.open_array(tmp_path / "0", mode="r")[...]

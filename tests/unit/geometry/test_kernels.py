import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tiepoint.geometry import kernel_parts
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.resample import Order, resample
from tiepoint.geometry.transforms import Affine

APP = Path(__file__).resolve().parents[3] / "app"

weights = getattr(kernel_parts.weights, "py_func", kernel_parts.weights)

ON_AND_OFF = """
import numpy as np
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.resample import resample
from tiepoint.geometry.transforms import Affine

class Chunked:
    def __init__(self, array, chunks):
        self.array, self.chunks = array, chunks
        self.shape, self.dtype = array.shape, array.dtype
    def __getitem__(self, key):
        return self.array[key]

source = np.arange(6 * 7 * 8, dtype=np.uint16).reshape(6, 7, 8)
turned = Affine(np.array([[0.3, 0.2], [0.8, -0.1], [0.1, 0.9]]), np.array([0.5, 0.4, -0.7]))
grid = Grid((9, 10), Affine.identity(2))
for order in ("nearest", "linear", "cubic"):
    for values in (source, Chunked(source, (2, 3, 3))):
        drawn = resample(values, grid, turned, order=order)
        print(np.nansum(drawn.values, dtype=float).round(3), drawn.mask.sum())
"""


def test_without_compilation_the_values_are_the_same() -> None:
    lines = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled, "PYTHONPATH": str(APP)}
        done = subprocess.run(
            [sys.executable, "-c", ON_AND_OFF], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        lines.append(done.stdout.splitlines())
    compiled, plain = lines
    assert compiled == plain
    assert compiled[0::2] == compiled[1::2]


def test_importing_the_resampler_does_not_import_numba() -> None:
    code = "import sys, tiepoint.geometry.progressive; sys.exit('numba' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(APP)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


def value_at(x: float, order: Order, outside: float = np.nan) -> tuple[float, bool]:
    """Value and mask at column `x` of an image with the columns 10, 20, 30."""
    source = np.array([[10.0, 20.0, 30.0]] * 2)
    one = Grid((1, 1), Affine.identity(2))
    to_source = Affine(np.zeros((2, 2)), np.array([0.0, x]))
    drawn = resample(source, one, to_source, order=order, outside=outside)
    return float(drawn.values[0, 0]), bool(drawn.mask[0, 0])


@pytest.mark.parametrize("order", ["nearest", "linear", "cubic"])
def test_the_outer_half_pixel_takes_the_edge_value(order: Order) -> None:
    for x in (-0.3, -0.5):
        assert value_at(x, order) == (10.0, True)
    for x in (2.3, 2.5):
        assert value_at(x, order) == (30.0, True)


@pytest.mark.parametrize("order", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("x", [-0.51, 2.51, -100.0, 1e12, -1e300, np.nan, np.inf])
def test_farther_out_is_outside(order: Order, x: float) -> None:
    assert value_at(x, order, outside=-1.0) == (-1.0, False)


@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("cubic", [False, True])
def test_weights_sum_to_one_and_keep_lines(t: float, cubic: bool) -> None:
    found = np.array(weights(t, cubic))
    assert found.sum() == pytest.approx(1)
    assert found @ np.array([-1, 0, 1, 2]) == pytest.approx(t)


def test_cubic_keeps_parabolas() -> None:
    t = 0.3
    assert np.array(weights(t, True)) @ np.array([1, 0, 1, 4]) == pytest.approx(t**2)


def test_two_pictures_at_once_do_not_disturb_each_other() -> None:
    from concurrent.futures import ThreadPoolExecutor

    sources = [np.full((64, 64), k, np.float32) for k in range(8)]
    grid = Grid((600, 600), Affine.identity(2))
    to_source = Affine(np.eye(2) * 0.1, np.zeros(2))
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda s: resample(s, grid, to_source).values, sources))
    for k, values in enumerate(drawn):
        assert (values == k).all()

"""Small spectrum images for the tests of spectra."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.spectra import sums

ORDERS = {"last": (0, 1, 2), "first": (2, 0, 1), "middle": (0, 2, 1)}


def energy_axis(size, scale=0.01, offset=-0.1, unit="keV", **more):
    return Axis(
        name="Energy", size=size, scale=scale, offset=offset, unit=unit, role="energy", **more
    )


def cube_axes(shape, energy):
    """Axes (y, x, energy) of a cube."""
    return (Axis(name="y", size=shape[0]), Axis(name="x", size=shape[1]), energy)


def reorder(cube, axes, order):
    """The same cube with its spectral axis elsewhere."""
    places = ORDERS[order]
    return np.ascontiguousarray(np.transpose(cube, places)), tuple(axes[i] for i in places)


@dataclass
class Lazy:
    """An array that reads by slices only and notes what was read."""

    array: np.ndarray
    chunks: tuple | None = None
    reads: list = field(default_factory=list)

    @property
    def shape(self):
        return self.array.shape

    @property
    def ndim(self):
        return self.array.ndim

    @property
    def dtype(self):
        return self.array.dtype

    def __getitem__(self, key):
        self.reads.append(key)
        return self.array[key]

    def elements_read(self):
        return sum(self.array[key].size for key in self.reads)


@pytest.fixture(scope="session")
def cubes():
    """The helpers above."""
    return SimpleNamespace(
        energy_axis=energy_axis, axes=cube_axes, reorder=reorder, Lazy=Lazy, orders=tuple(ORDERS)
    )


@pytest.fixture(params=["numpy", "compiled"])
def engine(request, monkeypatch):
    """Run a test with the plain and with the compiled sums."""
    ready = {np.dtype(code).str for code in ("u1", "u2", "u4", "i2", "f4", "f8")}
    monkeypatch.setattr(sums, "_ready", ready if request.param == "compiled" else set())
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(7)

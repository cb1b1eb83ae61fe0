"""An analytic ramp comes out of every path as its formula says, to 1e-6.

The paths on other machines are in ``test_machines.py``, where the workers are.
"""

import numpy as np
import pytest
from analytic import SHAPE, SLOPES, SOURCES, Image, value_at

from tiepoint.data.copies.folder import CopyFolder
from tiepoint.data.copies.make import make_copy
from tiepoint.data.halving import halved
from tiepoint.data.part import Part
from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.pyramid import halved_to_full
from tiepoint.geometry.resample import SlabSpec, resample
from tiepoint.geometry.thin_plate import ThinPlateSpline, spline_basis
from tiepoint.geometry.transforms import Affine
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import MapRecipe
from tiepoint.spectra import window_sums as sums_module
from tiepoint.spectra.bands import band_maps
from tiepoint.spectra.intensity import net_maps
from tiepoint.spectra.maps import window_map
from tiepoint.spectra.matrix import table
from tiepoint.spectra.regions import mask_spectrum

CLOSE = 1e-6

TURN = np.array([0.83, -0.31, 0.46]), np.array([0.17, 0.94, 0.33])


def oblique(pixels=(37, 45), spacing=0.61):
    """A plane through the middle, turned about every axis."""
    u_y = TURN[0] / np.linalg.norm(TURN[0])
    u_x = TURN[1] - (TURN[1] @ u_y) * u_y
    u_x /= np.linalg.norm(u_x)
    middle = (np.array(SHAPE) - 1) / 2
    origin = middle - spacing * (pixels[0] / 2 * u_y + pixels[1] / 2 * u_x)
    return Grid.plane(origin, u_y, u_x, spacing, pixels)


def places(grid, transform):
    index = np.indices(grid.shape).reshape(len(grid.shape), -1).T.astype(float)
    return transform(index).reshape(*grid.shape, -1)


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    return SOURCES[request.param](tmp_path)


def check(found, grid, transform, inside=0.3):
    expected = value_at(places(grid, transform).reshape(-1, 3)).reshape(grid.shape)
    assert found.mask.mean() > inside
    assert np.abs(found.values - expected)[found.mask].max() < CLOSE * np.abs(expected).max()


@pytest.mark.parametrize("order", ["linear", "cubic"])
@pytest.mark.parametrize("cached", [False, True])
def test_an_oblique_section(source, order, cached):
    grid = oblique()
    cache = ChunkCache(1 << 26) if cached else None
    for _ in range(1 + cached):
        found = resample(source, grid, grid.index_to_physical, order=order, cache=cache)
    # Near the border a cubic has no neighbours: it is judged inside.
    if order == "cubic":
        at = places(grid, grid.index_to_physical)
        found.mask[:] &= ((at >= 1) & (at <= np.array(SHAPE) - 2)).all(axis=-1)
    check(found, grid, grid.index_to_physical)


def test_a_thick_section_is_the_ramp_at_its_middle(source):
    grid = oblique((21, 23), 0.5)
    normal = np.cross(grid.index_to_physical.linear[:, 0], grid.index_to_physical.linear[:, 1])
    normal /= np.linalg.norm(normal)
    linear = np.column_stack([normal, grid.index_to_physical.linear])
    spaced = Affine(linear, grid.index_to_physical.offset)
    found = resample(source, grid, spaced, slab=SlabSpec(4.0))
    check(found, grid, grid.index_to_physical)


def warp(kind):
    """A warp of one slice: an affine one, and the same through a thin-plate spline."""
    flat = Affine(np.array([[0.93, 0.11], [-0.07, 1.04]]), np.array([1.7, -2.2]))
    if kind == "affine":
        return flat
    knots = np.random.default_rng(3).random((12, 2)) * 40
    pivot = np.full(2, 20.0)
    system = np.zeros((15, 15))
    system[:12] = spline_basis(knots, knots, pivot, 20.0)
    system[12:, :12] = system[:12, 12:].T
    targets = np.vstack([flat(knots), np.zeros((3, 2))])
    return ThinPlateSpline(knots, np.linalg.solve(system, targets), pivot, 20.0)


@pytest.mark.parametrize("kind", ["affine", "thin-plate spline"])
def test_a_warp(source, kind):
    image = np.asarray(source[7])
    grid = Grid((40, 40), Affine.identity(2))
    found = resample(image, grid, warp(kind))
    at = places(grid, warp("affine"))
    expected = value_at(np.concatenate([np.full((*at.shape[:2], 1), 7.0), at], axis=-1))
    # Up to half a pixel beyond the last centres the border's own value stands.
    inside = found.mask & ((at >= 0) & (at <= np.array(SHAPE[1:]) - 1)).all(axis=-1)
    assert inside.mean() > 0.6
    assert np.abs(found.values - expected)[inside].max() < CLOSE * 150


def test_a_pyramid_level(source):
    level = halved(source)
    inner = level[:, : SHAPE[1] // 2]  # an odd length repeats its last pixel
    index = np.indices(inner.shape).reshape(3, -1).T.astype(float)
    expected = value_at(halved_to_full(1, 3)(index)).reshape(inner.shape)
    assert np.abs(inner - expected).max() < CLOSE * 150


# -- spectra -----------------------------------------------------------------------------


ENERGY = Axis(name="E", size=260, scale=0.01, unit="keV", role="energy")
AXES = (Axis(name="y", size=66), Axis(name="x", size=70), ENERGY)
ORDERS = {"last": (0, 1, 2), "first": (2, 0, 1), "middle": (0, 2, 1)}


@pytest.fixture(params=["memory", "copy", "part"])
def image(request, tmp_path):
    return Image.make(), request.param, tmp_path


def stored(image, order):
    """The image in one of its forms and orders; its axes."""
    made, form, folder = image
    values = np.ascontiguousarray(np.transpose(made.values, ORDERS[order]))
    axes = tuple(AXES[i] for i in ORDERS[order])
    place = ORDERS[order].index(2)
    if form == "copy":
        values = make_copy(_Lazy(values), place, CopyFolder(folder, 1 << 30), order)
    elif form == "part":
        across = 1 if place == 0 else 0
        double = np.concatenate([values, values], axis=across)
        size = values.shape[across]
        values = Part(_Lazy(double), across, size, 2 * size)
    return values, axes


class _Lazy:
    chunks = None

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        return self.array[key]


@pytest.mark.parametrize("order", ORDERS)
def test_window_net_band_and_table(image, order, monkeypatch):
    monkeypatch.setattr(sums_module, "in_memory", lambda source: None)
    made = image[0]
    values, axes = stored(image, order)
    plane, channels = made.plane(), made.shape_of_channels
    window = (0.30, 0.95)
    plain = window_map(values, axes, window).values
    assert np.abs(plain / (plane * channels[30:96].sum()) - 1).max() < CLOSE
    recipe = MapRecipe(
        source="", label="x", window=window, unit="keV", background="linear",
        background_windows=((0.07, 0.20), (1.05, 1.18)),
    )  # fmt: skip
    (net,) = net_maps(values, axes, [recipe])
    per_channel = channels[30:96].sum() - 66 * channels[7:21].mean()
    scale = np.abs(plane * channels[30:96].sum()).max()
    assert np.abs(net.net - plane * per_channel).max() < CLOSE * scale
    band = band_maps(values, axes, window, baseline=False)
    assert np.abs(band.area / (plane * np.trapezoid(channels[30:96], dx=0.01)) - 1).max() < CLOSE
    found = table(values, axes, bin_channels=2).values.reshape(66, 70, 130)
    expected = plane[..., None] * channels.reshape(130, 2).sum(axis=1)
    assert np.abs(found / expected - 1).max() < CLOSE


@pytest.mark.parametrize("order", ORDERS)
def test_the_spectrum_of_a_region(image, order):
    made = image[0]
    values, axes = stored(image, order)
    mask = np.random.default_rng(4).random((66, 70)) < 0.4
    found = mask_spectrum(values, axes, mask).total
    assert np.abs(found / (made.plane()[mask].sum() * made.shape_of_channels) - 1).max() < CLOSE


def test_the_ramp_has_a_slope_on_every_axis():
    assert (np.abs(SLOPES) > 0.1).all()

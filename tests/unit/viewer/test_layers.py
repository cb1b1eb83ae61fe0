"""Sections as napari layers, without a display."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.data.sampling import Section
from tiepoint.geometry.grids import Grid
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, Display


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("TIEPOINT_HOME", str(tmp_path))
    from tiepoint.viewer.start import prepare_environment

    prepare_environment()
    from napari.components import ViewerModel

    return ViewerModel()


def dataset(name, **display):
    axes = tuple(Axis(name=n, size=40, scale=5.0, unit="nm") for n in "yx")
    return Dataset(name=name, axes=axes, display=Display(**display))


def section(shape=(4, 6), colour=False):
    grid = Grid.plane(
        np.array([1005.0, 2010.0]), np.array([1.0, 0]), np.array([0.0, 1]), 5.0, shape
    )
    mask = np.ones(shape, bool)
    mask[0, 0] = False
    values = np.full((*shape, 3), 77.0) if colour else np.arange(np.prod(shape)).reshape(shape)
    return Section(values, mask, grid)


def test_a_section_lies_where_its_grid_says_relative_to_the_base(model):
    from tiepoint.viewer.layers import SectionLayers

    layers = SectionLayers(model)
    layers.show(dataset("a"), section(), np.array([1000.0, 2000.0]), (0.0, 20.0))
    (layer,) = model.layers
    np.testing.assert_allclose(layer.data_to_world((0, 0)), [5.0, 10.0])
    np.testing.assert_allclose(layer.data_to_world((3, 5)), [20.0, 35.0])
    assert tuple(layer.contrast_limits) == (0.0, 20.0)
    assert np.isnan(layer.data[0, 0])
    assert layer.data.dtype == np.float32


def test_a_colour_section_is_clear_where_there_is_nothing(model):
    from tiepoint.viewer.layers import SectionLayers

    layers = SectionLayers(model)
    layers.show(dataset("a"), section(colour=True), np.zeros(2), None)
    (layer,) = model.layers
    assert layer.rgb
    assert layer.data[0, 0, 3] == 0
    assert tuple(layer.data[1, 1]) == (77, 77, 77, 255)


def test_order_visibility_and_style_follow_the_dataset(model):
    from tiepoint.viewer.layers import SectionLayers

    layers = SectionLayers(model)
    one, two = dataset("one"), dataset("two", colormap="#ffb000", blending="additive", opacity=0.4)
    for each in (one, two):
        layers.show(each, section(), np.zeros(2), (0.0, 1.0))
    layers.set_order((two.id, one.id))
    assert [layer.name for layer in model.layers] == ["two", "one"]
    top = model.layers["two"]
    assert (top.opacity, top.blending) == (0.4, "additive")
    layers.style(two.replace(display=two.display.replace(visible=False, opacity=1.0)), (0.0, 9.0))
    assert not top.visible
    assert top.opacity == 1.0
    assert tuple(top.contrast_limits) == (0.0, 9.0)
    gone = model.layers["one"]
    layers.remove(one.id)
    assert not gone.visible
    assert not layers.has(one.id)
    three = dataset("three", colormap="#00ff00", opacity=0.7)
    layers.show(three, section(), np.zeros(2), (0.0, 2.0))
    layers.set_order((two.id, three.id))
    assert [layer.name for layer in model.layers] == ["two", "three"]
    assert model.layers["three"] is gone, "the layer of the one taken away shows the next"
    assert (gone.visible, gone.opacity, tuple(gone.contrast_limits)) == (True, 0.7, (0.0, 2.0))


def test_a_new_section_is_shown_once_and_no_other_is_drawn_anew():
    from napari.components import ViewerModel

    from tiepoint.viewer.one_go import in_one_go, leave_sliders_alone

    model = ViewerModel()
    one, other = (model.add_image(np.zeros((4, 5), np.float32)) for _ in range(2))
    for layer in (one, other):
        leave_sliders_alone(model, layer)
    shown = []
    for layer in (one, other):
        layer.events.set_data.connect(lambda _event, layer=layer: shown.append(layer))
    with in_one_go(one):
        one.data = np.ones((6, 7), np.float32)
        one.scale = (0.5, 0.5)
        one.translate = (3.0, 2.0)
    assert shown == [one]
    assert one._data_view.shape == (6, 7)
    np.testing.assert_allclose(one.extent.world, [[3.0, 2.0], [5.5, 5.0]])

"""Our readers in plain napari: one manifest, layers with units, no Qt."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_files import CHANNELS, COLOUR, MAKERS, VOLUME

from tiepoint.viewer.plain_napari import get_reader, manifest_patterns, read_layers

MANIFEST = Path(__file__).parents[3] / "app" / "tiepoint" / "napari.yaml"


@pytest.fixture
def layers(tmp_path):
    def make(name):
        path = str(MAKERS[name](tmp_path).path)
        reader = get_reader(path)
        return reader(path)

    return make


def test_manifest_agrees_with_our_readers():
    npe2 = pytest.importorskip("npe2")
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    assert manifest.name == "tiepoint"
    (reader,) = manifest.contributions.readers
    wanted = manifest_patterns()
    lines = "\n".join(f'        - "{pattern}"' for pattern in wanted)
    assert sorted(reader.filename_patterns) == wanted, f"napari.yaml should list:\n{lines}"
    assert reader.accepts_directories
    (command,) = manifest.contributions.commands
    assert command.python_name == "tiepoint.viewer.plain_napari:get_reader"


def test_importing_brings_neither_qt_nor_napari():
    code = (
        "import sys, tiepoint.viewer.plain_napari;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('napari', 'qtpy', 'PySide6', 'vispy', 'dask')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_volume_has_units_labels_and_limits(layers):
    ((data, options, kind),) = layers("tiff_imagej")
    assert kind == "image"
    np.testing.assert_array_equal(np.asarray(data), VOLUME)
    assert options["scale"] == (1.5, 0.5, 0.25)
    assert options["units"] == ("µm",) * 3
    assert options["axis_labels"] == ("z", "y", "x")
    low, high = options["contrast_limits"]
    assert VOLUME.min() <= low < high <= VOLUME.max()


def test_channels_and_pyramid(layers):
    first, second = layers("tiff_ome_channels")
    assert (first[1]["name"], second[1]["name"]) == ("two/DAPI", "two/GFP")
    assert first[1]["multiscale"]
    assert [level.shape for level in first[0]] == [(3, 21, 34), (3, 11, 17)]
    np.testing.assert_array_equal(np.asarray(second[0][0]), CHANNELS[1])


def test_colour(layers):
    ((data, options, _),) = layers("bmp")
    assert options["rgb"]
    assert options["units"] == ("pixel", "pixel")
    assert "contrast_limits" not in options
    np.testing.assert_array_equal(np.asarray(data), COLOUR)


def test_energy_comes_first_so_that_the_image_is_shown(layers):
    ((data, options, _),) = layers("nexus_map")
    assert data.shape == (12, 7, 9)
    assert options["axis_labels"] == ("energy", "stage_y", "stage_x")
    assert options["units"] == ("keV", "µm", "µm")
    assert options["translate"][1:] == (10.0, -3.0)


def test_what_is_not_ours_is_left_to_others(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    assert get_reader(str(tmp_path / "notes.txt")) is None
    assert get_reader(str(tmp_path / "missing.tif")) is None


def test_damaged_file_is_refused_in_words(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + b"x" * 50)
    with pytest.raises(ValueError, match="damaged"):
        read_layers(str(tmp_path / "a.npy"))


@pytest.mark.parametrize(
    "name", ["tiff_imagej", "tiff_ome_channels", "bmp", "nexus_map", "zarr_05"]
)
def test_napari_takes_the_layers(layers, name):
    napari_layers = pytest.importorskip("napari.layers")
    for data in layers(name):
        layer = napari_layers.Layer.create(*data)
        assert layer.name == data[1]["name"]
        assert len(layer.units) == layer.ndim

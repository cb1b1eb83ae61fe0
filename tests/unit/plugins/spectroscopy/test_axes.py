"""Axes from RosettaSciIO's dictionaries."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tiepoint_spectroscopy.axes import build_axes
from tiepoint_spectroscopy.technique import kind_of


def entry(name, size, scale=1.0, units=None, offset=0.0, **more):
    return {"name": name, "size": size, "scale": scale, "units": units, "offset": offset, **more}


def test_energy_first_stays_first_and_says_so():
    axes, warnings = build_axes(
        [entry("Energy loss", 20, 0.5, "eV", 100), entry("y", 3, 2, "nm"), entry("x", 4, 2, "nm")],
        (20, 3, 4),
    )
    assert [axis.role for axis in axes] == ["energy", "space", "space"]
    assert kind_of(axes) == "spectrum image"
    assert not warnings


def test_wrong_indices_in_the_file_do_not_swap_axes():
    entries = [entry("y", 4, Fraction(823, 960), "µm", index_in_array=1),
               entry("x", 6, Fraction(1, 2), "µm", index_in_array=0)]  # fmt: skip
    axes, _ = build_axes(entries, (4, 6))
    assert [(axis.name, axis.size) for axis in axes] == [("y", 4), ("x", 6)]
    assert axes[0].scale == pytest.approx(823 / 960)


def test_indices_count_where_the_list_is_in_another_order():
    entries = [entry("x", 6, 1, "nm", index_in_array=1), entry("y", 4, 1, "nm", index_in_array=0)]
    axes, _ = build_axes(entries, (4, 6))
    assert [axis.name for axis in axes] == ["y", "x"]


def test_two_axes_of_one_dataset_share_their_unit():
    axes, _ = build_axes([entry("y", 4, 2.0, "A"), entry("x", 6, 1.0, "nm")], (4, 6))
    assert [(axis.scale, axis.unit) for axis in axes] == [(0.2, "nm"), (1.0, "nm")]


def test_negative_steps_are_kept():
    entries = [entry("Y", 3, -963.9, "nm", 1357), entry("X", 2, 963.9, "nm", -885)]
    axes, _ = build_axes(entries, (3, 2))
    assert axes[0].scale == -963.9
    assert [axis.name for axis in axes] == ["y", "x"]


@pytest.mark.parametrize("scale", [1.7e17, 1e-13, 0.0, np.nan, np.inf])
def test_impossible_pixel_sizes_are_not_believed(scale):
    axes, warnings = build_axes([entry("y", 4, scale, "nm"), entry("x", 6, scale, "nm")], (4, 6))
    if np.isfinite(scale):
        assert [axis.unit for axis in axes] == [None, None]
        assert "cannot be" in warnings[0]
    assert all(np.isfinite(axis.scale) for axis in axes)


def test_one_axis_without_unit_makes_the_dataset_uncalibrated():
    axes, warnings = build_axes([entry("y", 4, 2.0, None), entry("x", 6, 1.0, "nm")], (4, 6))
    assert [(axis.scale, axis.unit) for axis in axes] == [(1.0, None), (1.0, None)]
    assert "no unit along y" in warnings[0]


def test_a_stack_without_unit_is_an_index_before_calibrated_images():
    axes, warnings = build_axes(
        [entry("z", 3), entry("y", 4, 1, "nm"), entry("x", 6, 1, "nm")], (3, 4, 6)
    )
    assert [axis.role for axis in axes] == ["index", "space", "space"]
    assert not warnings


def test_non_uniform_optical_axes_keep_their_values_in_nm():
    wavelengths = np.array([400e-9, 401e-9, 403e-9, 406e-9])
    axes, _ = build_axes(
        [entry("X", 2, 1, "µm"), {"name": "Wavelength", "axis": wavelengths, "units": "m"}], (2, 4)
    )
    assert axes[1].unit == "nm"
    assert axes[1].role == "energy"
    assert axes[1].values == pytest.approx((400, 401, 403, 406))
    assert axes[1].scale == pytest.approx(2.0)


def test_a_list_of_even_positions_is_uniform():
    axes, _ = build_axes([{"name": "Energy", "axis": np.arange(5) * 0.5 + 2, "units": "eV"}], (5,))
    assert axes[0].values is None
    assert (axes[0].scale, axes[0].offset) == (pytest.approx(0.5), pytest.approx(2.0))


def test_diffraction_scans():
    axes, _ = build_axes(
        [entry("", 2), entry("", 4), entry("", 8), entry("", 8)],
        (2, 4, 8, 8),
        "electron_diffraction",
    )
    assert [axis.name for axis in axes] == ["y", "x", "ky", "kx"]
    assert kind_of(axes) == "diffraction"


def test_a_detector_in_centimetres_is_not_the_specimen():
    entries = [entry("y", 3, 12.8, "nm"), entry("x", 2, 12.8, "nm"),
               entry("dy", 8, 0.016, "cm"), entry("dx", 8, 0.016, "cm")]  # fmt: skip
    axes, _ = build_axes(entries, (3, 2, 8, 8), "diffraction")
    assert [axis.role for axis in axes] == ["space", "space", "reciprocal", "reciprocal"]
    assert axes[2].unit == "cm"


def test_an_eds_spectrum_on_an_axis_called_x():
    axes, _ = build_axes([entry("x", 4096, 0.005, "keV", -0.478)], (4096,))
    assert (axes[0].name, axes[0].role) == ("Energy", "energy")
    assert kind_of(axes) == "spectrum"


def test_time_series_and_volumes():
    time, _ = build_axes(
        [entry("Time", 2, 0.8, "s"), entry("y", 3, 1, "pm"), entry("x", 3, 1, "pm")], (2, 3, 3)
    )
    assert kind_of(time) == "time series"
    assert time[1].unit == "nm"
    volume, _ = build_axes([entry(n, 3, 1, "nm") for n in "zyx"], (3, 3, 3))
    assert kind_of(volume) == "volume"

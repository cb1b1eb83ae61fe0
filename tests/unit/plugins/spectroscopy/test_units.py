"""Unit spellings of microscopes and spectrometers."""

from __future__ import annotations

import pytest

from tiepoint_spectroscopy.units import optical_unit, spatial_unit, standard_unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / nm", ("reciprocal", "1/nm", 1.0)),
        ("nm⁻¹", ("reciprocal", "1/nm", 1.0)),
        ("nm^-1", ("reciprocal", "1/nm", 1.0)),
        ("1/Å", ("reciprocal", "1/nm", 10.0)),
        ("1/m", ("reciprocal", "1/nm", 1e-9)),
        ("cm-1", ("wavenumber", "1/cm", 1.0)),
        ("eV", ("energy", "eV", 1.0)),
        ("Energy (EV)", ("energy", "eV", 1.0)),
        ("KeV", ("energy", "keV", 1.0)),
        ("meV", ("energy", "eV", 1e-3)),
        ("MeV", ("energy", "keV", 1e3)),
        ("n_m", ("length", "nm", 1.0)),
        ("A", ("length", "Å", 1.0)),
        (r"$\mu m$", ("length", "µm", 1.0)),
        ("sec", ("time", "s", 1.0)),
        ("degrees", ("angle", "°", 1.0)),
        ("<undefined>", ("none", None, 1.0)),
        ("pix", ("none", None, 1.0)),
        (None, ("none", None, 1.0)),
        ("Counts", ("other", "Counts", 1.0)),
        ("Angle", ("other", "Angle", 1.0)),
    ],
)
def test_spellings(text, expected):
    family, unit, factor = standard_unit(text)
    assert (family, unit) == expected[:2]
    assert factor == pytest.approx(expected[2])


def test_lengths_are_shown_in_nm_µm_or_mm():
    assert spatial_unit("Å") == ("nm", pytest.approx(0.1))
    assert spatial_unit("pm") == ("nm", pytest.approx(1e-3))
    assert spatial_unit("m") == ("µm", pytest.approx(1e6))
    assert spatial_unit("µm") == ("µm", 1.0)
    assert optical_unit("mm") == ("nm", pytest.approx(1e6))
    assert optical_unit("m") == ("nm", pytest.approx(1e9))

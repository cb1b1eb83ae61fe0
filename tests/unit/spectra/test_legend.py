"""Colours and words of element maps."""

from itertools import combinations

import numpy as np
import pytest

from tiepoint.spectra.legend import (
    PALETTE,
    colours_for,
    display_limits,
    element_colour,
    legend_entry,
    unit_of,
)
from tiepoint.spectra.maps import window_map
from tiepoint.support.errors import TiepointError

# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as seen.
VISION = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, vision):
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(vision) @ linear, 0, 1)
    white = TO_XYZ @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(white > 0.008856, np.cbrt(white), 7.787 * white + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_every_pair_of_colours_can_be_told_apart(vision):
    for one, other in combinations(PALETTE.values(), 2):
        difference = lab(one, VISION[vision]) - lab(other, VISION[vision])
        assert np.linalg.norm(difference) >= 18, (one, other)


def test_an_element_keeps_its_colour():
    assert element_colour("Fe") == element_colour("fe") == PALETTE["amber"]
    assert element_colour("Mg") == PALETTE["green"]
    assert element_colour("Tm") in PALETTE.values()
    with pytest.raises(TiepointError, match="not an element"):
        element_colour("Xx")


def test_maps_shown_together_do_not_share_a_colour():
    assert colours_for(["Fe", "Mg", "O"]) == tuple(map(element_colour, ["Fe", "Mg", "O"]))
    many = ["Fe", "Au", "Zn", "Mg", "Ni", "O", "Si", "Al"]
    assert len(set(colours_for(many))) == 8
    assert colours_for(many)[0] == element_colour("Fe")
    assert len(colours_for([*many, "Fe"])) == 9


def test_limits_show_scatter_of_net_counts_as_black(rng):
    values = rng.normal(0, 5, (50, 50))
    assert display_limits(values, net=True)[0] == 0.0
    assert display_limits(values, net=False)[0] == pytest.approx(values.min())
    values[0, 0] = np.nan
    assert np.isfinite(display_limits(values, net=True)).all()
    assert display_limits(np.zeros((3, 3)), net=False) == (0.0, 1.0)
    assert display_limits(np.full((3, 3), np.nan), net=False) == (0.0, 1.0)


def test_the_legend_says_line_and_unit(cubes):
    cube = np.full((4, 4, 1000), 3, np.uint8)
    axes = cubes.axes((4, 4), cubes.energy_axis(1000))
    raw = window_map(cube, axes, (6.2955, 6.3955), label="Fe Kα")
    entry = legend_entry(raw, element_colour("Fe"))
    assert entry.text == "Fe Kα  0–30 counts"
    net = window_map(cube, axes, (6.2955, 6.3955), label="Fe Kα", background="linear")
    assert legend_entry(net, "#ffffff", (-5.0, 40.0)).text == "Fe Kα  −5 to 40 net counts"
    assert unit_of("none") == "counts"

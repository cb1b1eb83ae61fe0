"""Orientation colours: corners of the triangle, and symmetry leaves them alone."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tiepoint_diffraction.colouring import COLOURED, euler_colours, ipf_z


def colour_of(direction, laue, **options):
    x, y, z = np.moveaxis(np.asarray(direction, dtype=float), -1, 0)
    big_phi = np.arccos(np.clip(z / np.sqrt(x * x + y * y + z * z), -1, 1))
    return ipf_z(big_phi, np.arctan2(x, y), laue, **options)


def turn_z(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


TWOFOLD_X = np.diag([1.0, -1.0, -1.0])
CYCLIC = np.eye(3)[[1, 2, 0]]
MIRRORED = ("mmm", "4/mmm", "-3m", "6/mmm", "m-3m")
ORDER = {"4/m": 4, "4/mmm": 4, "-3": 3, "-3m": 3, "6/m": 6, "6/mmm": 6}


def rotations(laue):
    """Proper rotations of a Laue group; the twofold axis of -3m lies along x, as for X || a."""
    if laue in ("m-3", "m-3m"):
        found = []
        for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
            matrix = np.eye(3)[list(order)] * np.array(signs)[:, None]
            if np.isclose(np.linalg.det(matrix), 1):
                found.append(matrix)
        if laue == "m-3":
            cyclic = ([0, 1, 2], [1, 2, 0], [2, 0, 1])
            found = [m for m in found if np.abs(m).argmax(axis=1).tolist() in cyclic]
        return found
    if laue == "mmm":
        return [np.diag(d) for d in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))]
    turns = [turn_z(360 / ORDER[laue] * k) for k in range(ORDER[laue])]
    return turns + [t @ TWOFOLD_X for t in turns] if laue in MIRRORED else turns


@pytest.mark.parametrize(
    ("direction", "colour"),
    [((0, 0, 1), (255, 0, 0)), ((0, 1, 1), (0, 255, 0)), ((1, 1, 1), (0, 0, 255))],
)
def test_corners_of_the_cubic_triangle_are_pure(direction, colour):
    assert tuple(colour_of(direction, "m-3m")) == colour


@pytest.mark.parametrize(
    ("direction", "colour"),
    [
        ((0, 0, 1), (255, 0, 0)),
        ((1, 0, 0), (0, 255, 0)),
        ((np.cos(np.pi / 6), np.sin(np.pi / 6), 0), (0, 0, 255)),
    ],
)
def test_corners_of_the_hexagonal_triangle_are_pure(direction, colour):
    assert tuple(colour_of(direction, "6/mmm")) == colour


def test_oxford_and_edax_agree_on_the_same_crystal_direction():
    along_a = colour_of((1, 0, 0), "6/mmm")
    in_oxford_axes = turn_z(-30) @ np.array([1.0, 0, 0])  # a lies 30° before x || a*
    assert tuple(colour_of(in_oxford_axes, "6/mmm", x_along_reciprocal_a=True)) == tuple(along_a)


@pytest.mark.parametrize("laue", ["-3m", "6/mmm"])
def test_trigonal_and_hexagonal_keys_turn_with_the_axes(laue):
    direction = np.array([0.3, 0.2, 0.5])
    edax = colour_of(direction, laue)
    oxford = colour_of(turn_z(-30) @ direction, laue, x_along_reciprocal_a=True)
    assert np.abs(edax.astype(int) - oxford.astype(int)).max() <= 1


@pytest.mark.parametrize("laue", COLOURED)
@given(
    direction=st.tuples(*[st.floats(-1, 1).filter(lambda v: abs(v) > 1e-3)] * 3),
    opposite=st.booleans(),
)
def test_equivalent_directions_have_one_colour(laue, direction, opposite):
    direction = np.array(direction)
    assume(np.linalg.norm(direction) > 1e-2)
    expected = colour_of(direction, laue).astype(int)
    if laue not in MIRRORED:  # at the seam of a sector without mirror the key jumps
        nearby = colour_of(direction + 1e-6 * np.vstack([np.eye(3), -np.eye(3)]), laue)
        assume(np.abs(nearby.astype(int) - expected).max() <= 1)
    turned = np.stack(rotations(laue)) @ direction * (-1 if opposite else 1)
    difference = np.abs(colour_of(turned, laue).astype(int) - expected).max(axis=-1)
    assert difference.max() <= 1


def test_euler_colours_span_the_full_ranges():
    colours = euler_colours(np.array([np.pi]), np.array([np.pi / 2]), np.array([0.0]))
    assert colours.tolist() == [[128, 128, 0]]

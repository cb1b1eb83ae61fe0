"""Orientations: matrices, symmetry, misorientations of closed form and of orix, directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.measure.crystals import (
    basis,
    matrix,
    misorientation_deg,
    nearest_direction,
    normal_in_crystal,
    operators,
    rotation,
)

ORDERS = {
    "-1": 1, "2/m": 2, "mmm": 4, "4/m": 4, "4/mmm": 8, "-3": 3, "-3m": 6, "6/m": 6, "6/mmm": 12,
    "m-3": 12, "m-3m": 24,
}  # fmt: skip
CUBE = (3.6, 3.6, 3.6, 90.0, 90.0, 90.0)
MAGNESIUM = (3.21, 3.21, 5.21, 90.0, 90.0, 120.0)
angles = st.tuples(st.floats(0, 6.28), st.floats(0, 3.14), st.floats(0, 6.28)).map(np.array)


def euler_of(turned):
    """Bunge angles of a matrix from sample to crystal."""
    big = np.arccos(np.clip(turned[2, 2], -1, 1))
    if np.sin(big) < 1e-9:
        return np.array([np.arctan2(turned[0, 1], turned[0, 0]), big, 0.0])
    return np.array(
        [np.arctan2(turned[2, 0], -turned[2, 1]), big, np.arctan2(turned[0, 2], turned[1, 2])]
    )


@pytest.mark.parametrize("laue", ORDERS)
def test_every_laue_group_has_its_rotations(laue):
    group = operators(laue)
    assert len(group) == ORDERS[laue]
    np.testing.assert_allclose(np.linalg.det(group), 1)
    np.testing.assert_allclose(
        group @ group.transpose(0, 2, 1), np.broadcast_to(np.eye(3), group.shape), atol=1e-12
    )


@given(angles, angles, st.sampled_from(sorted(ORDERS)))
def test_a_misorientation_is_that_of_any_equivalent_and_the_same_both_ways(one, other, laue):
    group = operators(laue)
    found = misorientation_deg(one, other, group)
    assert found == pytest.approx(misorientation_deg(other, one, group), abs=1e-5)
    same = euler_of(group[-1] @ matrix(other))
    assert misorientation_deg(one, same, group) == pytest.approx(found, abs=1e-4)
    assert misorientation_deg(other, same, group) == pytest.approx(0, abs=1e-4)


def test_the_twofold_axis_of_a_rhombohedral_crystal_is_a_whatever_the_vendors_x():
    for flag in (False, True):
        a = basis((5.0, 5.0, 13.7, 90.0, 90.0, 120.0), flag)[:, 0]
        turned = euler_of(rotation(a, np.pi) @ matrix(np.array([0.3, 0.7, 1.1])))
        group = operators("-3m", flag)
        assert misorientation_deg(np.array([0.3, 0.7, 1.1]), turned, group) == pytest.approx(
            0, abs=1e-4
        )


@given(angles)
def test_angles_come_back_from_their_matrix(one):
    np.testing.assert_allclose(matrix(euler_of(matrix(one))), matrix(one), atol=1e-6)


@pytest.mark.parametrize(
    ("laue", "axis", "turn", "angle"),
    [
        ("m-3m", (1, 1, 1), 60, 60),  # Σ3
        ("m-3m", (1, 0, 0), 90, 0),
        ("m-3m", (1, 0, 0), 50, 40),
        ("m-3m", (1, 1, 0), 180, 0),
        ("m-3", (1, 0, 0), 90, 90),
        ("6/mmm", (0, 0, 1), 60, 0),
        ("6/mmm", (0, 0, 1), 30, 30),
        ("6/mmm", (1, 0, 0), 180, 0),
        ("6/mmm", (1, 0, 0), 86.3, 86.3),  # {10-12} twins of magnesium
        ("6/m", (1, 0, 0), 180, 180),
        ("-3m", (0, 0, 1), 60, 60),
        ("4/mmm", (0, 0, 1), 45, 45),
    ],
)
def test_misorientations_of_closed_form(laue, axis, turn, angle):
    start = np.array([0.3, 0.7, 1.1])
    turned = euler_of(rotation(np.array(axis, float), np.radians(turn)) @ matrix(start))
    assert misorientation_deg(start, turned, operators(laue)) == pytest.approx(angle, abs=1e-4)


@pytest.mark.parametrize(
    ("laue", "angle"), [("m-3m", 43.1016089601), ("6/mmm", 80.1664636886), ("-3m", 84.0128508432)]
)
def test_misorientations_that_orix_finds(laue, angle):
    """``Orientation.angle_with`` of orix 0.15."""
    one, other = np.array([0.4, 1.2, 2.5]), np.array([5.1, 2.2, 0.9])
    assert misorientation_deg(one, other, operators(laue)) == pytest.approx(angle, abs=1e-6)


def test_bunge_turns_sample_into_crystal_axes():
    np.testing.assert_allclose(matrix(np.radians([90, 0, 0])) @ [0, 1, 0], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(normal_in_crystal(np.radians([20, 90, 0])), [0, 1, 0], atol=1e-12)


def test_the_two_vendors_axes_of_hexagonal_crystals_are_30_degrees_apart():
    edax, oxford = basis(MAGNESIUM, False), basis(MAGNESIUM, True)
    np.testing.assert_allclose(edax[:, 0], [3.21, 0, 0], atol=1e-12)
    np.testing.assert_allclose(oxford[:, 1], [0, 3.21, 0], atol=1e-12)
    turn = rotation(np.array([0.0, 0, 1]), np.radians(-30))
    np.testing.assert_allclose(turn @ edax, oxford, atol=1e-12)
    for axes in (edax, oxford):
        a, b, c = axes.T
        assert np.linalg.norm(b) == pytest.approx(3.21)
        assert np.degrees(np.arccos(a @ b / 3.21**2)) == pytest.approx(120)
        assert c @ a == pytest.approx(0, abs=1e-12)


def test_a_triclinic_basis_has_the_lattices_lengths_and_angles():
    lattice = (4.0, 5.0, 6.0, 80.0, 95.0, 110.0)
    for flag in (False, True):
        a, b, c = basis(lattice, flag).T
        lengths = [float(np.linalg.norm(v)) for v in (a, b, c)]
        np.testing.assert_allclose(lengths, lattice[:3])
        cosines = [b @ c / 30, a @ c / 24, a @ b / 20]
        np.testing.assert_allclose(np.degrees(np.arccos(cosines)), lattice[3:])


@pytest.mark.parametrize(
    ("direction", "laue", "lattice", "flag", "words"),
    [
        ((1, 1, 2), "m-3m", CUBE, False, "⟨1 1 2⟩"),
        ((0, -1, 0), "m-3m", (), False, "⟨0 0 1⟩"),
        ((-1, 1, 1), "m-3", CUBE, True, "⟨1 1 1⟩"),
        ((0, 0, 1), "6/mmm", MAGNESIUM, False, "⟨0 0 0 1⟩"),
        ((1, 0, 0), "6/mmm", MAGNESIUM, False, "⟨1 1 2̄ 0⟩"),
        ((1, 0, 0), "6/mmm", MAGNESIUM, True, "⟨0 1 1̄ 0⟩"),
    ],
)
def test_directions_are_named_by_their_family(direction, laue, lattice, flag, words):
    found = nearest_direction(np.array(direction, float), laue, lattice, flag)
    assert found == (words, pytest.approx(0, abs=1e-5))


def test_a_direction_beside_the_named_one_says_how_far():
    turned = np.array([np.sin(np.radians(3)), 0, np.cos(np.radians(3))])
    assert nearest_direction(turned, "m-3m", CUBE, False) == ("⟨0 0 1⟩", pytest.approx(3))


def test_without_a_lattice_no_direction_is_named():
    assert nearest_direction(np.array([0.0, 0, 1]), "6/mmm", (), False) is None

"""Positions and derivatives along hops, in every direction and dimension."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.geometry.transforms import Affine
from tiepoint.registration import bind, fit
from tiepoint.registration.graph import Edge, Frame, Hop
from tiepoint.registration.graph.edge_forms import RescaledForm, ShiftForm
from tiepoint.registration.graph.route import walk

RNG = np.random.default_rng(11)


def random_theta(form):
    moving = RNG.normal(size=(8, form.n_in)) * 10
    base = Affine(
        np.eye(3)[3 - form.n_out :, 3 - form.n_in :]
        + 0.2 * RNG.normal(size=(form.n_out, form.n_in)),
        RNG.normal(size=form.n_out),
    )
    return form.solve(moving, base(moving))


def edge_of(model, n_in, key="e", n_out=None):
    form = bind(model, n_in, n_out, pivot=RNG.normal(size=n_in))
    theta = random_theta(form)
    if model == "projective":
        theta[-n_in:] = 1e-3
    return Edge.pose(key, "a", "b", form, theta, np.eye(form.parameter_count))


CASES = [
    ("translation", 2), ("rigid", 2), ("similarity", 2), ("affine", 2), ("projective", 2),
    ("rigid", 3), ("similarity", 3), ("affine", 3), ("section", 2),
]  # fmt: skip


@pytest.mark.parametrize(("model", "n_in"), CASES)
@pytest.mark.parametrize("forward", [True, False])
def test_derivatives_of_a_hop_agree_with_differences(model, n_in, forward):
    edge = edge_of(model, n_in)
    n = edge.transform.n_in if forward else edge.transform.n_out
    points = RNG.normal(size=(6, n)) * 5
    hops = (Hop(edge, forward),)
    found = walk(hops, points)
    step = 1e-6
    for i in range(edge.form.parameter_count):
        update = step * np.eye(edge.form.parameter_count)[i]
        ends = [
            walk(hops, points, {"e": edge.form.retract(edge.theta, sign * update)}).end
            for sign in (1, -1)
        ]
        numeric = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found.columns["e"][:, :, i], numeric, atol=2e-6)
    for i in range(n):
        shift = step * np.eye(n)[i]
        numeric = (walk(hops, points + shift).end - walk(hops, points - shift).end) / (2 * step)
        np.testing.assert_allclose(found.linear[:, :, i], numeric, atol=2e-6)


def test_a_point_off_the_section_feels_its_tilt():
    """Without the tilt term the error of a foot would not grow with the distance."""
    edge = edge_of("section", 2)
    normal = np.cross(edge.transform.linear[:, 0], edge.transform.linear[:, 1])
    normal /= np.linalg.norm(normal)
    foot = edge.transform(np.array([[1.0, 2.0]]))
    near, far = (walk((Hop(edge, False),), foot + d * normal) for d in (0.0, 50.0))
    np.testing.assert_allclose(far.end, near.end, atol=1e-9)
    assert far.off_plane[0] == pytest.approx([50.0])
    assert np.abs(far.columns["e"]).max() > 10 * np.abs(near.columns["e"]).max()


def test_a_long_way_is_the_product_of_its_hops():
    first, second = edge_of("similarity", 2, "first"), edge_of("section", 2, "second")
    third = edge_of("affine", 3, "third")
    hops = (Hop(first, False), Hop(second, True), Hop(third, False))
    points = RNG.normal(size=(4, 2))
    found = walk(hops, points)
    expected = third.transform.inverse()(second.transform(first.transform.inverse()(points)))
    np.testing.assert_allclose(found.end, expected)
    step = 1e-6
    for edge in (first, second, third):
        update = step * np.eye(edge.form.parameter_count)[0]
        ends = [
            walk(hops, points, {edge.id: edge.form.retract(edge.theta, sign * update)}).end
            for sign in (1, -1)
        ]
        numeric = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found.columns[edge.id][:, :, 0], numeric, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([case for case in CASES if case[0] != "section"]),
    st.lists(st.tuples(*[st.floats(-20, 20)] * 3), min_size=1, max_size=5),
)
def test_there_and_back_is_the_identity(case, points):
    edge = edge_of(*case)
    points = np.array(points)[:, 3 - case[1] :]
    found = walk((Hop(edge, True), Hop(edge, False)), points)
    np.testing.assert_allclose(found.end, points, atol=1e-7)
    np.testing.assert_allclose(
        found.linear, np.broadcast_to(np.eye(case[1]), found.linear.shape), atol=1e-7
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=5))
def test_into_the_volume_and_back_onto_the_section(points):
    edge = edge_of("section", 2)
    found = walk((Hop(edge, True), Hop(edge, False)), np.array(points))
    np.testing.assert_allclose(found.end, points, atol=1e-8)
    np.testing.assert_allclose(found.off_plane[1], 0, atol=1e-9)


def test_rescaled_form_is_the_same_map_in_other_units():
    inner = bind("similarity", 2, pivot=np.array([3.0, 4.0]))
    theta = random_theta(inner)
    outer = RescaledForm.around(inner, 1e-3, 1e3)
    nm = RNG.normal(size=(5, 2)) * 1000
    np.testing.assert_allclose(outer.apply(theta, nm), inner.apply(theta, nm / 1000) * 1000)
    np.testing.assert_allclose(outer.transform(theta)(nm), outer.apply(theta, nm))
    np.testing.assert_allclose(outer.linear(theta, nm)[0], inner.linear(theta, nm)[0])
    again = outer.solve(nm, outer.apply(theta, nm))
    np.testing.assert_allclose(outer.apply(again, nm), outer.apply(theta, nm))


def test_shift_form_knows_all_but_the_shift():
    form = ShiftForm(2, 2, np.zeros(2), base=Affine.scaling([2, 3], [0, 0]))
    points = RNG.normal(size=(5, 2))
    theta = form.solve(points, form.base(points) + np.array([4.0, 5.0]))
    assert theta == pytest.approx([4, 5])
    np.testing.assert_allclose(form.transform(theta)(points), form.apply(theta, points))
    np.testing.assert_allclose(form.linear(theta, points)[0], np.diag([2, 3]))


def test_a_fold_or_horizon_gives_no_number():
    rng = np.random.default_rng(3)  # its own: some splines of close points fold
    moving = rng.uniform(0, 10, size=(12, 2))
    spline = fit(moving, moving + 0.2 * rng.normal(size=moving.shape), "tps", smoothing=0.0)
    frame = Frame("a", 2), Frame("b", 2)
    edge = Edge.from_fit("s", *frame, spline)
    found = walk((Hop(edge, True), Hop(edge, False)), moving)
    np.testing.assert_allclose(found.end, moving, atol=1e-8)
    bent = edge_of("projective", 2)
    beyond = np.array([[-1e6, -1e6]])
    assert np.isnan(walk((Hop(bent, True), Hop(bent, False)), beyond).end).all()

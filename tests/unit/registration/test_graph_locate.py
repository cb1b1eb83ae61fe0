"""What the graph answers, in numbers and in words."""

import json

import numpy as np
import pytest

from tiepoint.geometry.transforms import Affine
from tiepoint.registration import bind, fit
from tiepoint.registration.graph import Edge, Frame, FrameGraph, PathFailure
from tiepoint.support.errors import TiepointError

RNG = np.random.default_rng(5)
SQUARE = np.array([[0.0, 0], [0, 10], [10, 0], [10, 10], [4, 6]])


def noisy_fit(model, moving, fixed, sigma=0.1, **options):
    options = {"fle_fixed": np.full(fixed.shape[1], sigma), **options}
    return fit(moving, fixed + sigma * RNG.normal(size=fixed.shape), model, **options)


def frames(*names, dimension=2, unit="µm"):
    return [Frame(name, dimension, unit, name.upper()) for name in names]


def plane_edge(key, moving, fixed, shift=(0.0, 0.0), **options):
    found = noisy_fit("rigid", SQUARE, SQUARE + np.array(shift), unit="µm", **options)
    return Edge.from_fit(key, moving, fixed, found, label=key)


def test_one_hop_is_what_the_fit_predicts():
    a, b = frames("a", "b")
    found = noisy_fit("similarity", SQUARE, 2 * SQUARE, unit=None)
    graph = FrameGraph((a, b), (Edge.from_fit("e", a, b, found),))
    points = RNG.uniform(-5, 15, size=(7, 2))
    expected = found.predict(points)
    for i, answer in enumerate(graph.locate(points, "a", "b")):
        assert answer.position == pytest.approx(expected.positions[i])
        assert answer.covariance == pytest.approx(expected.covariances[i])
        assert answer.semi_axes == pytest.approx(expected.ellipses.semi_axes[i])
        assert answer.is_inside == expected.inside_hull[i]
        assert (answer.n, answer.nu, answer.model, answer.hops) == (5, 6, "similarity", 1)
        assert any("extrapolation" in w for w in answer.warnings) != answer.is_inside


def test_a_clicked_target_adds_its_own_error():
    a, b = frames("a", "b")
    a = Frame("a", 2, "µm", "A", fle=(0.3, 0.4))
    edge = plane_edge("e", a, b)
    graph = FrameGraph((a, b), (edge,))
    exact, clicked = (graph.locate([5, 5], "a", "b", clicked=c)[0] for c in (False, True))
    added = edge.transform.linear @ np.diag([0.09, 0.16]) @ edge.transform.linear.T
    assert clicked.covariance == pytest.approx(exact.covariance + added)
    with pytest.raises(TiepointError, match=r"localisation error in “B” is not known"):
        graph.locate([5, 5], "b", "a", clicked=True)


def test_back_and_forth_have_the_same_error_in_either_frame():
    a, b = frames("a", "b")
    found = noisy_fit("similarity", SQUARE, 2 * SQUARE)
    graph = FrameGraph((a, b), (Edge.from_fit("e", a, b, found),))
    there = graph.locate([3, 4], "a", "b")[0]
    back = graph.locate(there.position, "b", "a")[0]
    assert back.position == pytest.approx([3, 4])
    linear = found.moving_to_fixed.linear
    assert linear @ back.covariance @ linear.T == pytest.approx(there.covariance)


def test_a_chain_adds_the_errors_of_its_hops():
    a, b, c, d = frames("a", "b", "c", "d")
    edges = plane_edge("ab", a, b), plane_edge("cb", c, b), plane_edge("cd", c, d)
    graph = FrameGraph((a, b, c, d), edges)
    answer = graph.locate([2, 3], "a", "d")[0]
    assert (answer.path, answer.hops) == (("a", "b", "c", "d"), 3)
    total, z = np.zeros((2, 2)), np.array([[2.0, 3.0]])
    for edge, forward in zip(edges, (True, False, True), strict=True):
        transform = edge.transform if forward else edge.transform.inverse()
        end = transform(z)
        moving = z if forward else end
        own = edge.fit.predict(moving).covariances[0]
        linear = transform.linear
        total = linear @ total @ linear.T + (own if forward else linear @ own @ linear.T)
        z = end
    assert answer.covariance == pytest.approx(total)
    assert answer.position == pytest.approx(z[0])


def test_no_way_is_a_failure_in_words_never_the_identity():
    a, b, c = frames("a", "b", "c")
    graph = FrameGraph((a, b, c), (plane_edge("ab", a, b),))
    for answer in (graph.locate([1, 1], "a", "c"), graph.transform("a", "c"), graph.path("a", "c")):
        assert isinstance(answer, PathFailure)
        assert answer.code == "not_connected"
        assert "“A” and “C” are not registered" in answer.sentence
    assert graph.path("a", "nothing").code == "unknown_frame"


def test_the_same_frame_needs_no_way():
    (a,) = frames("a")
    answer = FrameGraph((a,), ()).locate([1, 2], "a", "a")[0]
    assert answer.position.tolist() == [1, 2]
    assert not answer.covariance.any()
    assert (answer.hops, answer.model, answer.reason) == (0, "same frame", "")


def test_without_redundancy_there_is_no_ellipse_but_a_reason():
    a, b, c = frames("a", "b", "c")
    exact_pairs = fit(SQUARE[:3], SQUARE[:3] + 1, "affine", unit="µm")
    edges = Edge.from_fit("ab", a, b, exact_pairs), plane_edge("bc", b, c)
    answer = FrameGraph((a, b, c), edges).locate([1, 1], "a", "c")[0]
    assert answer.semi_axes is None
    assert answer.covariance is None
    assert answer.reason == "no redundancy: accuracy cannot be estimated"
    assert answer.as_json()["ellipse95"] is None
    assert answer.nu == 0


def test_nm_um_and_mm_line_up_exactly():
    micron, nano, milli = Frame("um", 2, "µm"), Frame("nm", 2, "nm"), Frame("mm", 2, "mm")
    points = RNG.uniform(0, 10, size=(6, 2))
    truth = bind("rigid", 2).transform(np.array([0.4, 3.0, -2.0]))
    first = fit(points, truth(points), "rigid", unit="µm")
    second = fit(points / 1000, points / 1000, "rigid", unit="mm")
    edges = Edge.from_fit("1", micron, nano, first), Edge.from_fit("2", nano, milli, second)
    graph = FrameGraph((micron, nano, milli), edges)
    in_nm = graph.transform("um", "nm")(points)
    np.testing.assert_allclose(in_nm, 1000 * truth(points), rtol=1e-12, atol=1e-6)
    in_mm = graph.transform("um", "mm")(points)
    np.testing.assert_allclose(in_mm, truth(points) / 1000, atol=1e-14)
    back = graph.transform("mm", "um")(in_mm)
    np.testing.assert_allclose(back, points, atol=1e-9)


def test_errors_convert_with_the_unit():
    um, nm = Frame("a", 2, "µm"), Frame("b", 2, "nm")
    found = noisy_fit("rigid", SQUARE, SQUARE + 1.0, unit="µm")
    same = FrameGraph(
        (um, Frame("b", 2, "µm")), (Edge.from_fit("e", um, Frame("b", 2, "µm"), found),)
    )
    other = FrameGraph((um, nm), (Edge.from_fit("e", um, nm, found),))
    one, two = (graph.locate([12, 3], "a", "b")[0] for graph in (same, other))
    assert two.semi_axes == pytest.approx(1000 * one.semi_axes)
    assert (two.unit, two.is_inside, one.is_inside) == ("nm", False, False)
    assert other.locate(two.position, "b", "a")[0].is_inside is False


def test_a_fit_in_a_unit_does_not_join_pixels():
    found = noisy_fit("rigid", SQUARE, SQUARE, unit="µm")
    with pytest.raises(TiepointError, match="has no pixel size"):
        Edge.from_fit("e", Frame("a", 2, None), Frame("b", 2, "µm"), found)


def test_exact_edges_are_no_hops_and_add_no_error():
    haadf, eds, sem = Frame("haadf", 2, "nm"), Frame("eds", 2, "µm"), Frame("sem", 2, "µm")
    same = Edge.exact("same", "haadf", "eds", Affine.scaling([1e-3, 1e-3], [0, 0]))
    edge = plane_edge("e", eds, sem)
    graph = FrameGraph((haadf, eds, sem), (same, edge))
    answer = graph.locate([5000, 5000], "haadf", "sem")[0]
    direct = graph.locate([5, 5], "eds", "sem")[0]
    assert answer.hops == direct.hops == 1
    assert answer.covariance == pytest.approx(direct.covariance)
    assert answer.path == ("haadf", "eds", "sem")


def test_fewest_hops_then_smallest_error():
    a, b, c, d = frames("a", "b", "c", "d")
    good, bad = (
        fit(SQUARE, SQUARE, "rigid", unit="µm", fle_fixed=np.full(2, s), scale_known=True)
        for s in (0.01, 1.0)
    )
    edges = (
        Edge.from_fit("ab", a, b, bad), Edge.from_fit("bd", b, d, bad),
        Edge.from_fit("ac", a, c, good), Edge.from_fit("cd", c, d, good),
    )  # fmt: skip
    graph = FrameGraph((a, b, c, d), edges)
    path = graph.path("a", "d")
    assert path.frames == ("a", "c", "d")
    assert "go through B" in path.alternatives[0]
    shortcut = FrameGraph((a, b, c, d), (*edges, Edge.from_fit("ad", a, d, bad)))
    assert shortcut.path("a", "d").frames == ("a", "d")


def test_rival_registrations_of_one_pair_are_reported():
    a, b = frames("a", "b")
    edges = plane_edge("first", a, b), plane_edge("second", a, b)
    path = FrameGraph((a, b), edges).path("a", "b")
    assert "2 registrations join “A” and “B”" in path.alternatives[0]


def volume_with_section():
    volume, section = Frame("v", 3, "µm", "CT"), Frame("s", 2, "µm", "slice")
    truth = bind("section", 2).transform(np.array([0.0, 0.1, 0.2, -0.3, 7.0, 8.0, 9.0]))
    plane = RNG.uniform(0, 50, size=(9, 2))
    found = noisy_fit("section", plane, truth(plane), unit="µm")
    return FrameGraph((volume, section), (Edge.from_fit("e", section, volume, found),))


def test_a_point_of_the_volume_is_projected_onto_the_section_and_says_how_far_it_was():
    graph = volume_with_section()
    edge = graph.edges[0]
    normal = np.cross(edge.transform.linear[:, 0], edge.transform.linear[:, 1])
    normal /= np.linalg.norm(normal)
    on_plane = edge.transform(np.array([[20.0, 30.0]]))
    before, behind, on = (
        graph.locate(on_plane + d * normal, "v", "s")[0] for d in (-3.1, 3.1, 0.0)
    )
    assert before.position == pytest.approx([20, 30])
    assert "The point lies 3.1 µm in front of the section “slice”." in before.warnings
    assert "The point lies 3.1 µm behind the section “slice”." in behind.warnings
    assert not any("section" in warning for warning in on.warnings)
    assert behind.semi_axes[0] > on.semi_axes[0]
    there = graph.locate([20, 30], "s", "v")[0]
    assert there.semi_axes.shape == (3,)
    assert there.axes == ("z", "y", "x")


def test_a_projection_has_no_way_back():
    volume, image = Frame("v", 3, "µm", "LM stack"), Frame("i", 2, "µm", "FIB")
    form = bind("projection", 3)
    theta = np.array([0.0, 0.3, -0.2, 0.5, 4.0, 5.0])
    edge = Edge.pose("e", "v", "i", form, theta, 1e-4 * np.eye(6))
    graph = FrameGraph((volume, image), (edge,))
    assert graph.locate([1, 2, 3], "v", "i")[0].semi_axes.shape == (2,)
    failure = graph.locate([1, 2], "i", "v")
    assert failure.code == "depth_lost"
    assert "its points have no depth" in failure.sentence


def test_stage_links_have_the_error_of_the_stage():
    a, b = frames("a", "b")
    stage = Edge.stage("s", "a", "b", Affine.scaling([2, 2], [1, 1]), np.array([3.0, 4.0]))
    answer = FrameGraph((a, b), (stage,)).locate([[0, 0], [1e6, 1e6]], "a", "b")[1]
    assert answer.covariance == pytest.approx(np.diag([9.0, 16.0]))
    assert answer.semi_axes == pytest.approx([4 * 2.4477, 3 * 2.4477], rel=1e-4)
    assert (answer.n, answer.nu, answer.model, answer.inside_hull) == (0, None, "stage", ())


def test_a_point_beyond_the_horizon_has_no_ellipse():
    a, b = frames("a", "b")
    form = bind("projective", 2)
    theta = np.array([1, 0, 0, 1, 0, 0, 0.1, 0.0])
    edge = Edge.pose("e", "a", "b", form, theta, 1e-6 * np.eye(8), extent=SQUARE)
    good, lost = FrameGraph((a, b), (edge,)).locate([[1, 1], [-20, 0]], "a", "b")
    assert good.semi_axes is not None
    assert lost.semi_axes is None
    assert "has no image" in lost.reason
    assert json.loads(json.dumps(lost.as_json(), allow_nan=False))["position"] == [None, None]


def test_json_of_an_answer():
    a, b = frames("a", "b")
    graph = FrameGraph((a, b), (plane_edge("e", a, b),))
    answer = json.loads(json.dumps(graph.locate([5, 5], "a", "b")[0].as_json(), allow_nan=False))
    assert answer["axes"] == ["y", "x"]
    assert answer["unit"] == "µm"
    assert answer["path"] == ["a", "b"]
    directions = np.array(answer["ellipse95"]["directions"])
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)


def test_ellipse_directions_belong_to_their_axes():
    a, b = frames("a", "b")
    form = bind("translation", 2)
    covariance = np.array([[4.0, 1.0], [1.0, 2.0]])
    edge = Edge.pose("e", "a", "b", form, np.zeros(2), covariance)
    answer = FrameGraph((a, b), (edge,)).locate([0, 0], "a", "b")[0]
    squares = (answer.semi_axes / 2.4477) ** 2
    rebuilt = answer.directions.T @ np.diag(squares) @ answer.directions
    assert rebuilt == pytest.approx(covariance, rel=1e-4)


@pytest.mark.parametrize("angle", [0.3, 2.0])
def test_turning_every_frame_changes_no_error(angle):
    """Rotating the coordinates of all frames turns the ellipses and leaves their size alone."""
    turn = bind("rigid", 2).transform(np.array([angle, 0.0, 0.0]))
    a, b, c = frames("a", "b", "c")
    noise = [0.1 * RNG.normal(size=SQUARE.shape) for _ in range(2)]
    sizes = []
    for change in (Affine.identity(2), turn):
        edges = [
            Edge.from_fit(
                key, *ends, fit(change(SQUARE), change(SQUARE + n), "similarity", unit=None)
            )
            for key, ends, n in zip(("ab", "bc"), ((a, b), (b, c)), noise, strict=True)
        ]
        graph = FrameGraph((a, b, c), tuple(edges))
        answer = graph.locate(change(np.array([[12.0, 3.0]])), "a", "c")[0]
        sizes.append(answer.semi_axes)
    assert sizes[1] == pytest.approx(sizes[0], rel=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, b: FrameGraph((a, a), ()), "Two frames of the graph have the id a"),
        (lambda a, b: FrameGraph((a, b), (plane_edge("e", a, b),) * 2), "Two edges"),
        (lambda a, b: FrameGraph((a,), (plane_edge("e", a, b),)), "names no dataset"),
        (lambda a, b: FrameGraph((a, b), (plane_edge("e", a, a),)), "registered to itself"),
        (
            lambda a, b: FrameGraph((a, Frame("b", 3)), (plane_edge("e", a, b),)),
            "does not fit the dimensions",
        ),
        (
            lambda a, b: FrameGraph((a, b), (plane_edge("e", a, b),)).locate([1, 2, 3], "a", "b"),
            "need 2 finite coordinates",
        ),
        (
            lambda a, b: FrameGraph((a, b), (plane_edge("e", a, b),)).locate([1, np.nan], "a", "b"),
            "need 2 finite coordinates",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(make, words):
    with pytest.raises(TiepointError, match=words):
        make(*frames("a", "b"))

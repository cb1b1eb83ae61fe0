"""Loops: who is at fault, and the joint adjustment against a plain least-squares solver."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import least_squares

from tiepoint.geometry.transforms import Affine
from tiepoint.registration import bind, fit
from tiepoint.registration.graph import Edge, Frame, FrameGraph
from tiepoint.registration.rotations import rotation_matrix, rotation_vector

SIGMA = 0.2
POINTS = np.array([[0.0, 0], [0, 80], [90, 10], [70, 95], [40, 30], [20, 60]])


def frames(names, dimension=2):
    return {name: Frame(name, dimension, "µm", name.upper()) for name in names}


def poses(names, rng, dimension=2):
    """One rigid pose per frame: frame -> first frame."""
    turns = 1 if dimension == 2 else 3
    form = bind("rigid", dimension)
    made = {names[0]: Affine.identity(dimension)}
    for name in names[1:]:
        turn, shift = rng.normal(size=turns), 30 * rng.normal(size=dimension)
        made[name] = form.transform(np.concatenate([turn, shift]))
    return made


def clicked(rng, known, u, v, model="rigid", points=POINTS, sigma=SIGMA, wrong=None, **options):
    """An edge u → v from landmarks clicked with error `sigma` in both frames."""
    frame_u, frame_v = known[u][0], known[v][0]
    there = known[v][1].inverse().after(known[u][1])
    moving = points + sigma * rng.normal(size=points.shape)
    fixed = there(points) + sigma * rng.normal(size=points.shape)
    if wrong is not None:
        fixed = wrong(fixed)
    n = points.shape[1]
    fle = {"fle_moving": np.full(n, sigma), "fle_fixed": np.full(n, sigma)}
    options = {"scale_known": True, "unit": "µm", **fle, **options}
    found = fit(moving, fixed, model, **options)
    return Edge.from_fit(u + v, frame_u, frame_v, found, label=u + v)


def network(rng, names="abcd", ends=None, wrong=None, **options):
    made, placed = frames(names), poses(names, rng)
    known = {name: (made[name], placed[name]) for name in names}
    ends = ends or ["".join(pair) for pair in combinations(names, 2)]
    edges = [
        clicked(rng, known, *end, wrong=wrong if end == "bd" else None, **options) for end in ends
    ]
    return FrameGraph(tuple(made.values()), tuple(edges)), placed


def test_a_corrupted_edge_is_named():
    named = certain = 0
    trials = 60
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        shift = rng.normal(size=2)
        shift *= 1.5 / np.linalg.norm(shift)
        graph, _ = network(rng, wrong=lambda fixed, shift=shift: fixed + shift)
        failing = [closure for closure in graph.loops if closure.fails]
        assert failing
        first = [c.suspects[0] for c in failing if "bd" in {e.id for e in c.loop.members}]
        named += "bd" in first
        certain += any(c.certain for c in failing)
    assert named >= 0.95 * trials
    assert certain >= 0.7 * trials


def test_a_turned_edge_is_named_though_it_closes_at_its_middle():
    def turn(fixed):
        middle = fixed.mean(axis=0)
        return (fixed - middle) @ rotation_matrix(np.array([0.02])) + middle

    made, placed = frames("abc"), poses("abc", np.random.default_rng(0))
    known = {name: (made[name], placed[name]) for name in "abc"}
    rng = np.random.default_rng(1)
    edges = [
        clicked(rng, known, "a", "b"),
        clicked(rng, known, "b", "c"),
        clicked(rng, known, "a", "c", wrong=turn),
    ]
    closure = FrameGraph(tuple(made.values()), tuple(edges)).loops[0]
    assert closure.p_value > 0.05
    assert closure.whole_p_value < 1e-3
    assert closure.fails


def test_a_failing_loop_is_told_at_every_point_and_not_shared_out():
    rng = np.random.default_rng(3)
    graph, _ = network(rng, wrong=lambda fixed: fixed + np.array([40.0, 0.0]))
    answer = graph.locate([30, 30], "b", "d")[0]
    assert any(
        "does not close" in w and "B → D is most likely at fault" in w for w in answer.warnings
    )
    assert graph.solution.loops_closed
    assert "bd" not in graph.solution.thetas or np.allclose(
        graph.solution.thetas["bd"], next(e.theta for e in graph.edges if e.id == "bd")
    )


def test_a_single_loop_admits_that_it_cannot_tell():
    rng = np.random.default_rng(4)
    graph, _ = network(rng, "abd", wrong=lambda fixed: fixed + np.array([5.0, 0.0]))
    (closure,) = graph.loops
    assert closure.fails
    assert not closure.certain
    assert set(closure.suspects) == {"ab", "ad", "bd"}
    sentence = graph.describe(closure)
    assert "a single loop cannot tell which of its 3 registrations is at fault" in sentence


def test_a_sound_loop_says_so():
    graph, _ = network(np.random.default_rng(8), "abc")
    assert "closes (p =" in graph.describe(graph.loops[0])


def test_the_worst_known_edge_is_suspected_first_in_a_single_loop():
    made, placed = frames("abc"), poses("abc", np.random.default_rng(0))
    known = {name: (made[name], placed[name]) for name in "abc"}
    rng = np.random.default_rng(2)
    edges = [
        clicked(rng, known, "a", "b"),
        clicked(rng, known, "b", "c", sigma=0.01),
        clicked(rng, known, "a", "c", wrong=lambda fixed: fixed + 5.0, sigma=0.01),
    ]
    closure = FrameGraph(tuple(made.values()), tuple(edges)).loops[0]
    assert closure.suspects[0] == "ab"


def brute_force(graph, names, dimension=2):
    """One rigid pose per frame but the first, all landmark residuals, scipy."""
    size = dimension + (1 if dimension == 2 else 3)
    form = bind("rigid", dimension)

    def placed(x):
        found = {names[0]: Affine.identity(dimension)}
        for i, name in enumerate(names[1:]):
            found[name] = form.transform(x[i * size : (i + 1) * size])
        return found

    def residuals(x):
        found, rows = placed(x), []
        for edge in graph.edges:
            scale = SIGMA * np.sqrt(2)
            gap = found[edge.moving](edge.fit.moving) - found[edge.fixed](edge.fit.fixed)
            rows.append(gap.ravel() / scale)
        return np.concatenate(rows)

    start = []
    for name in names[1:]:
        transform = graph.transform(name, names[0])
        start.append(np.concatenate([rotation_vector(transform.linear), transform.offset]))
    solved = least_squares(residuals, np.concatenate(start), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    return placed(solved.x), np.linalg.inv(solved.jac.T @ solved.jac)


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_joint_adjustment_is_the_least_squares_optimum(dimension):
    rng = np.random.default_rng(12)
    names = "abcd"
    made, placed = frames(names, dimension), poses(names, rng, dimension)
    known = {name: (made[name], placed[name]) for name in names}
    points = rng.uniform(0, 90, size=(6, dimension))
    ends = ("ab", "cb", "cd", "ad", "ac")
    edges = tuple(clicked(rng, known, *end, points=points) for end in ends)
    graph = FrameGraph(tuple(made.values()), edges)
    assert len(graph.loops) == 2
    assert not any(closure.fails for closure in graph.loops)
    found, covariance = brute_force(graph, names, dimension)
    target = points[:2] + 30
    size = covariance.shape[0] // 3
    for i, name in enumerate("bcd"):
        place = graph.transform(name, "a")(target)
        np.testing.assert_allclose(place, found[name](target), atol=2e-6)
        answers = graph.locate(target, name, "a")
        rows = slice(i * size, (i + 1) * size)
        turned = target @ found[name].linear.T
        columns = bind("rigid", dimension).jacobian_theta(np.zeros(size), turned)
        expected = columns @ covariance[rows, rows] @ np.swapaxes(columns, 1, 2)
        if dimension == 2:
            for j, answer in enumerate(answers):
                np.testing.assert_allclose(answer.covariance, expected[j], rtol=5e-3)


def test_all_ways_round_agree_after_closing():
    graph, _ = network(np.random.default_rng(15))
    target = np.array([[10.0, 200.0]])
    direct = graph.transform("a", "d")(target)
    for middle in "bc":
        around = graph.transform(middle, "d")(graph.transform("a", middle)(target))
        np.testing.assert_allclose(around, direct, atol=1e-6)
    assert any("adjusted together" in w for w in graph.locate(target, "a", "d")[0].warnings)


def test_turning_one_frame_changes_neither_tests_nor_errors():
    graph, _ = network(np.random.default_rng(16), "abc")
    turn = Affine(rotation_matrix(np.array([1.0])), np.array([50.0, -20.0]))
    edges = []
    for edge in graph.edges:
        moving = turn(edge.fit.moving) if edge.moving == "a" else edge.fit.moving
        again = fit(
            moving, edge.fit.fixed, "rigid", scale_known=True, unit="µm",
            fle_moving=np.full(2, SIGMA), fle_fixed=np.full(2, SIGMA),
        )  # fmt: skip
        ends = [next(f for f in graph.frames if f.id == i) for i in (edge.moving, edge.fixed)]
        edges.append(Edge.from_fit(edge.id, *ends, again))
    turned = FrameGraph(graph.frames, tuple(edges))
    assert turned.loops[0].statistic == pytest.approx(graph.loops[0].statistic, rel=1e-6)
    assert turned.loops[0].whole_p_value == pytest.approx(graph.loops[0].whole_p_value, rel=1e-6)
    point = np.array([[15.0, 45.0]])
    one, two = graph.locate(point, "a", "c")[0], turned.locate(turn(point), "a", "c")[0]
    assert two.position == pytest.approx(one.position)
    assert two.semi_axes == pytest.approx(one.semi_axes, rel=1e-6)


def test_loops_through_units_close_exactly_and_rotate_with_them():
    nm, um, mm = Frame("n", 2, "nm"), Frame("u", 2, "µm"), Frame("m", 2, "mm")
    edges = (
        Edge.exact("1", "n", "u", Affine.scaling([1e-3, 1e-3], [0, 0])),
        Edge.exact("2", "u", "m", Affine.scaling([1e-3, 1e-3], [0, 0])),
        Edge.exact("3", "n", "m", Affine.scaling([1e-6, 1e-6], [0, 0])),
    )
    (closure,) = FrameGraph((nm, um, mm), edges).loops
    assert closure.p_value == 1
    wrong = replace(edges[2], transform=Affine.scaling([1e-6, 1.01e-6], [0, 0]))
    graph = FrameGraph((nm, um, mm), (*edges[:2], wrong))
    assert graph.loops[0].fails
    assert "does not close" in graph.describe(graph.loops[0])


def test_stage_and_landmarks_are_weighed_against_each_other():
    rng = np.random.default_rng(18)
    made = frames("ab")
    known = {name: (made[name], Affine.identity(2)) for name in "ab"}
    landmarks = clicked(rng, known, "a", "b")
    stage = Edge.stage("stage", "a", "b", Affine.identity(2), np.array([0.3, 0.3]))
    graph = FrameGraph(tuple(made.values()), (landmarks, stage))
    (closure,) = graph.loops
    assert not closure.fails
    both = graph.locate([45, 45], "a", "b")[0]
    alone = FrameGraph(tuple(made.values()), (landmarks,)).locate([45, 45], "a", "b")[0]
    assert np.trace(both.covariance) < np.trace(alone.covariance)
    hopeless = replace(stage, transform=Affine.scaling([1, -1], [0, 0]))
    hopeless = Edge.stage("s", "a", "b", hopeless.transform, np.array([0.3, 0.3]))
    far = Edge.stage("t", "a", "b", Affine.identity(2), np.array([0.3, 0.3]))
    (closure,) = FrameGraph(tuple(made.values()), (far, hopeless)).loops
    assert closure.chance == 0


def test_a_loop_without_redundancy_is_not_tested_but_told():
    rng = np.random.default_rng(19)
    made = frames("abc")
    known = {name: (made[name], Affine.identity(2)) for name in "abc"}
    blind = Edge.from_fit(
        "ac", made["a"], made["c"], fit(POINTS[:3], POINTS[:3] + 1, "affine", unit="µm")
    )
    edges = (clicked(rng, known, "a", "b"), clicked(rng, known, "b", "c"), blind)
    graph = FrameGraph(tuple(made.values()), edges)
    (closure,) = graph.loops
    assert closure.p_value is None
    assert not closure.fails
    assert "cannot be tested" in graph.describe(closure)
    assert np.isfinite(closure.d).all()
    assert graph.locate([1, 1], "a", "c")[0].reason
    assert not graph.solution.loops_closed


def test_sections_in_two_registered_volumes_close():
    rng = np.random.default_rng(21)
    section, one, two = Frame("s", 2, "µm"), Frame("v", 3, "µm"), Frame("w", 3, "µm")
    volume_to_volume = bind("rigid", 3).transform(np.array([0.1, 0.2, 0.3, 5.0, 6.0, 7.0]))
    lie = bind("section", 2).transform(np.array([0.0, 0.3, -0.2, 0.4, 20.0, 30.0, 40.0]))

    def edge(key, a, b, model, moving, truth):
        noise = SIGMA * rng.normal(size=(len(moving), 3))
        found = fit(
            moving,
            truth(moving) + noise,
            model,
            fle_fixed=np.full(3, SIGMA),
            scale_known=True,
            unit="µm",
        )
        return Edge.from_fit(key, a, b, found)

    space = rng.uniform(0, 80, size=(7, 3))
    edges = (
        edge("sv", section, one, "section", POINTS, lie),
        edge("sw", section, two, "section", POINTS, volume_to_volume.after(lie)),
        edge("vw", one, two, "rigid", space, volume_to_volume),
    )
    graph = FrameGraph((section, one, two), edges)
    (closure,) = graph.loops
    assert closure.dof == 3
    assert not closure.fails
    answer = graph.locate([30, 40], "s", "w")[0]
    alone = FrameGraph((section, two), edges[1:2]).locate([30, 40], "s", "w")[0]
    assert np.trace(answer.covariance) < np.trace(alone.covariance)
    truth = volume_to_volume.after(lie)(np.array([[30.0, 40.0]]))[0]
    assert np.abs(answer.position - truth).max() < 5 * answer.semi_axes[0]


def test_a_spline_in_a_loop_is_tested_and_closed_where_it_is_tested():
    rng = np.random.default_rng(22)
    made = frames("abc")
    known = {name: (made[name], Affine.identity(2)) for name in "abc"}
    many = rng.uniform(0, 90, size=(15, 2))
    spline = clicked(rng, known, "a", "c", "tps", points=many, scale_known=False)
    edges = (clicked(rng, known, "a", "b"), clicked(rng, known, "b", "c"), spline)
    graph = FrameGraph(tuple(made.values()), edges)
    assert graph.loops[0].p_value > 1e-3
    middle = graph.loops[0].loop.points
    around = graph.transform("b", "c")(graph.transform("a", "b")(middle))
    np.testing.assert_allclose(graph.transform("a", "c")(middle), around, atol=1e-5)

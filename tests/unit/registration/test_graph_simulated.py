"""Repeated clicking through chains and loops: the predicted errors are the ones that occur."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from tiepoint.geometry.transforms import Affine
from tiepoint.registration import adjust, bind
from tiepoint.registration.error import inside
from tiepoint.registration.graph import Edge, Frame, FrameGraph
from tiepoint.registration.graph.solution import effective_nu

TRIALS = 6000
SIGMA = 0.5


def turned(form_name, angle, shift, n=2, scale=1.0):
    form = bind(form_name, n)
    turn = [angle] if n == 2 else [angle, 0.3 * angle, -angle]
    start = [np.log(scale)] if form_name == "similarity" else []
    return form.transform(np.array([*start, *turn, *shift[:n]], float))


class Clicked:
    """One registration, clicked many times: parameters (T, p) and residual sums (T,)."""

    def __init__(self, rng, model, moving, truth, trials=TRIALS):
        n, k = moving.shape[1], truth.n_out
        self.form = bind(model, n, k, pivot=moving.mean(axis=0))
        self.moving, self.fixed = moving, truth(moving)
        noise = [
            SIGMA * rng.normal(size=(trials, *each.shape)) for each in (self.moving, self.fixed)
        ]
        sigmas = {
            "sigma_moving": SIGMA**2 * np.broadcast_to(np.eye(n), (len(moving), n, n)),
            "sigma_fixed": SIGMA**2 * np.broadcast_to(np.eye(k), (len(moving), k, k)),
        }
        found = adjust(self.form, self.moving + noise[0], self.fixed + noise[1], **sigmas)
        self.theta, self.rss = found.theta, found.rss
        best = adjust(self.form, self.moving, self.fixed, **sigmas)
        self.true_theta, self.cofactor = best.theta, best.cofactor
        self.nu = self.fixed.size - self.form.parameter_count

    def edge(self, key, moving, fixed):
        return Edge.pose(
            key, moving, fixed, self.form, self.true_theta, self.cofactor, extent=self.moving
        )

    def trial(self, edge, trial, known=True):
        """The edge as it came out of one trial."""
        theta = self.theta[trial]
        found = replace(edge, theta=theta, transform=self.form.transform(theta))
        if known:
            return found
        scale = self.rss[trial] / self.nu
        return replace(found, covariance=scale * self.cofactor, nu=float(self.nu))


def rms(errors):
    return float(np.sqrt((errors**2).sum(-1).mean()))


def three_hops(rng, model, n):
    points = rng.uniform(0, 100, size=(6, n))
    shape = "rigid" if model == "affine" else model
    truths = [turned(shape, angle, (5, -3, 8), n) for angle in (0.3, -0.8, 1.1)]
    clicked = []
    for truth in truths:
        clicked.append(Clicked(rng, model, points, truth))
        points = truth(points) + rng.uniform(-5, 5, size=points.shape)
    return truths, clicked


@pytest.mark.parametrize(
    ("model", "n"), [("rigid", 2), ("similarity", 2), ("affine", 2), ("rigid", 3)]
)
def test_three_hop_chain(model, n):
    rng = np.random.default_rng(17)
    truths, clicked = three_hops(rng, model if model != "affine" else "rigid", n)
    if model == "affine":
        clicked = [
            Clicked(rng, "affine", c.moving, t) for c, t in zip(clicked, truths, strict=True)
        ]
    targets = np.array([[50.0] * n, [130.0, *[-20.0] * (n - 1)]])
    graph = FrameGraph(
        tuple(Frame(name, n, "µm") for name in "abcd"),
        tuple(c.edge(u + v, u, v) for c, u, v in zip(clicked, "abc", "bcd", strict=True)),
    )
    true, seen = targets, np.broadcast_to(targets, (TRIALS, *targets.shape))
    for truth, each in zip(truths, clicked, strict=True):
        true, seen = truth(true), each.form.apply(each.theta, seen)
    for i, answer in enumerate(graph.locate(targets, "a", "d")):
        predicted = float(np.sqrt(np.trace(answer.covariance)))
        assert rms(seen[:, i] - true[i]) / predicted == pytest.approx(1, abs=0.03)
        coverage = inside(answer.covariance, seen[:, i] - answer.position, None).mean()
        assert 0.94 <= coverage <= 0.96


def test_a_chain_walked_backwards_and_through_a_section():
    """a → volume (section), volume ← b (section): the foot in b and its error."""
    rng = np.random.default_rng(23)
    truth = [
        bind("section", 2).transform(np.array([0.0, 0.1, 0.2, v, 7.0, 8.0, 9.0]))
        for v in (0.3, 0.32)
    ]
    plane = rng.uniform(0, 100, size=(8, 2))
    clicked = [Clicked(rng, "section", plane, each) for each in truth]
    graph = FrameGraph(
        (Frame("a", 2, "µm"), Frame("v", 3, "µm"), Frame("b", 2, "µm")),
        (clicked[0].edge("1", "a", "v"), clicked[1].edge("2", "b", "v")),
    )
    target = np.array([[80.0, 20.0]])
    feet = np.empty((TRIALS, 2))
    for trial in range(TRIALS):
        into, onto = (c.form.transform(c.theta[trial]) for c in clicked)
        feet[trial] = onto.inverse()(into(target))[0]
    answer = graph.locate(target, "a", "b")[0]
    assert rms(feet - answer.position) / np.sqrt(np.trace(answer.covariance)) == pytest.approx(
        1, abs=0.03
    )


@pytest.mark.parametrize("counts", [(4, 4, 4), (3, 8, 5), (3, 20, 20)])
def test_ellipses_with_estimated_scales_cover_what_they_say(counts):
    """Errors of three registrations, each with a scale estimated from few pairs."""
    rng = np.random.default_rng(29)
    target = np.array([[40.0, 70.0]])
    shares, error, nus, scales = [], np.zeros((TRIALS, 2)), [], []
    for n in counts:
        clicked = Clicked(rng, "similarity", rng.uniform(0, 100, size=(n, 2)), Affine.identity(2))
        columns = clicked.form.jacobian_theta(clicked.true_theta, target)[0]
        scales.append(np.sqrt(clicked.rss / clicked.nu))
        shares.append(scales[-1][:, None, None] ** 2 * (columns @ clicked.cofactor @ columns.T))
        error += (clicked.form.apply(clicked.theta, target) - target)[:, 0]
        nus.append(float(clicked.nu))
    total = np.sum(shares, axis=0)
    distance = np.einsum("ni,nij,nj->n", error, np.linalg.inv(total), error)
    without, nu = effective_nu(shares, nus), effective_nu(shares, nus, scales)
    assert (nu >= min(nus) - 1e-9).all()
    assert (without <= sum(nus) + 1e-9).all()
    assert 0.945 <= (distance <= 2 * special.fdtri(2, nu, 0.95)).mean() <= 0.98
    assert (distance <= 2 * special.fdtri(2, without, 0.95)).mean() >= 0.90


def triangle(rng, trials, model="rigid"):
    truths = [turned(model, a, s) for a, s in ((0.3, (5, -3)), (-0.8, (9, 1)))]
    points = rng.uniform(0, 100, size=(6, 2))
    both = truths[1].after(truths[0])
    clicked = [
        Clicked(rng, model, points, truths[0], trials),
        Clicked(rng, model, truths[0](points), truths[1], trials),
        Clicked(rng, model, points, both, trials),
    ]
    ends = ("ab", "a", "b"), ("bc", "b", "c"), ("ac", "a", "c")
    edges = [each.edge(*end) for each, end in zip(clicked, ends, strict=True)]
    return clicked, edges, both


ABC = tuple(Frame(name, 2, "µm") for name in "abc")


def one_trial(clicked, edges, trial, known=True):
    pairs = zip(clicked, edges, strict=True)
    return FrameGraph(ABC, tuple(c.trial(e, trial, known) for c, e in pairs))


def test_loops_raise_false_alarms_as_often_as_they_say():
    rng = np.random.default_rng(31)
    trials = 2000
    clicked, edges, _ = triangle(rng, trials)
    chances = np.empty((trials, 3))
    for trial in range(trials):
        closure = one_trial(clicked, edges, trial).loops[0]
        chances[trial] = closure.p_value, closure.whole_p_value, closure.chance
    centre, whole, both = (chances < 0.05).mean(axis=0)
    assert 0.04 <= centre <= 0.06
    assert 0.04 <= whole <= 0.06
    assert 0.03 <= both <= 0.06


def test_loops_with_estimated_scales_raise_no_more_false_alarms():
    rng = np.random.default_rng(37)
    trials = 1000
    clicked, edges, _ = triangle(rng, trials, "similarity")
    graphs = (one_trial(clicked, edges, trial, known=False) for trial in range(trials))
    alarms = np.mean([graph.loops[0].p_value < 0.05 for graph in graphs])
    assert 0.03 <= alarms <= 0.065


def test_closing_a_loop_makes_the_error_as_small_as_it_says():
    rng = np.random.default_rng(41)
    trials = 600
    clicked, edges, both = triangle(rng, trials)
    target = np.array([[20.0, 90.0]])
    answer = FrameGraph(ABC, tuple(edges)).locate(target, "a", "c")[0]
    alone = FrameGraph(ABC, tuple(edges[2:])).locate(target, "a", "c")[0]
    assert np.trace(answer.covariance) < 0.8 * np.trace(alone.covariance)
    errors = np.empty((trials, 2))
    for trial in range(trials):
        graph = one_trial(clicked, edges, trial)
        errors[trial] = graph.transform("a", "c")(target)[0] - both(target)[0]
        if trial < 5:
            around = graph.transform("b", "c")(graph.transform("a", "b")(target))
            np.testing.assert_allclose(graph.transform("a", "c")(target), around, atol=1e-7)
    ratio = rms(errors) / np.sqrt(np.trace(answer.covariance))
    assert ratio == pytest.approx(1, abs=0.06)
    assert 0.93 <= inside(answer.covariance, errors, None).mean() <= 0.97

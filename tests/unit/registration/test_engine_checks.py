"""Faults seen in registration software: bad pairs, wrong order, silent flips, false models."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiepoint.registration import (
    Fit,
    FitFailure,
    bind,
    click_here_next,
    convex_hull,
    find_better_order,
    fit,
    judge,
    suggest_model,
)
from tiepoint.support.errors import TiepointError

TURN = {
    ("similarity", 2): [0.1, 0.5, 30.0, 40.0],
    ("similarity", 3): [0.1, 0.5, -0.2, 0.9, 30.0, 40.0, 50.0],
    ("rigid", 3): [0.5, -0.2, 0.9, 30.0, 40.0, 50.0],
    ("affine", 2): [1.2, 0.3, -0.2, 0.9, 30.0, 40.0],
}


def pairs(n, n_dim=2, model="similarity", noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    moving = rng.uniform(-100, 100, (n, n_dim))
    form = bind(model, n_dim, pivot=moving.mean(axis=0))
    fixed = form.apply(np.array(TURN[model, n_dim]), moving)
    return moving, fixed + noise * rng.normal(size=fixed.shape)


def codes(result):
    return {warning.code for warning in result.warnings}


# bad pairs


@pytest.mark.parametrize("n", [6, 9, 15, 40])
@pytest.mark.parametrize(("model", "n_dim"), [("similarity", 2), ("rigid", 3), ("affine", 2)])
def test_one_bad_pair_is_named(model, n_dim, n):
    moving, fixed = pairs(n, n_dim, model, seed=n + 1)
    assert fit(moving, fixed, model).flagged == ()
    fixed[2] += 30
    result = fit(moving, fixed, model)
    assert result.flagged == ("3",)
    assert "bad_pair" in codes(result)
    assert np.argmin(result.f_p_values) == 2


def test_two_bad_pairs_that_hide_each_other_are_both_named():
    moving, fixed = pairs(9, seed=4)
    fixed[1] += [25, 0]
    fixed[6] += [25, 3]
    assert fit(moving, fixed, "similarity").flagged == ("2", "7")


def test_good_pairs_are_rarely_accused():
    accused = sum(bool(fit(*pairs(7, seed=seed), "similarity").flagged) for seed in range(200))
    assert accused <= 20


def test_four_pairs_can_rarely_prove_that_one_is_bad():
    flagged = 0
    for seed in range(200):
        moving, fixed = pairs(4, seed=seed)
        fixed[0] += 10 * np.array([np.cos(seed), np.sin(seed)])
        result = fit(moving, fixed, "similarity")
        flagged += isinstance(result, Fit) and bool(result.flagged)
    assert flagged < 100


def test_without_spare_redundancy_nobody_is_accused():
    moving, fixed = pairs(4)
    fixed[0] += 30
    result = fit(moving, fixed, "affine")
    assert result.f_p_values is None
    assert result.flagged == ()


def test_the_answer_is_the_same_each_time():
    moving, fixed = pairs(10, seed=3)
    fixed[5] += 12
    one, other = fit(moving, fixed, "similarity"), fit(moving, fixed, "similarity")
    assert one.flagged == other.flagged
    np.testing.assert_array_equal(one.f_p_values, other.f_p_values)


# order


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.sampled_from([5, 6]))
def test_a_shuffled_order_is_found(seed, n):
    moving, fixed = pairs(n, seed=n, noise=0.2)
    shuffle = np.random.default_rng(seed).permutation(n)
    for model in ("affine", "similarity"):
        question = find_better_order(moving, fixed[shuffle], model)
        if (shuffle == np.arange(n)).all():
            assert question is None
        else:
            np.testing.assert_array_equal(fixed[shuffle][list(question.order)], fixed)
            assert question.rms_found < 1 < question.rms_given


@pytest.mark.parametrize("n", [7, 8])
@pytest.mark.parametrize(("model", "n_dim"), [("rigid", 3), ("affine", 2), ("similarity", 2)])
def test_all_orders_of_up_to_eight_pairs_are_tried(model, n_dim, n):
    moving, fixed = pairs(n, n_dim, model, noise=0.2, seed=2)
    cycle = np.r_[1:4, 0, 5:n, 4]
    question = find_better_order(moving, fixed[cycle], model)
    np.testing.assert_array_equal(fixed[cycle][list(question.order)], fixed)
    assert question.sentence.endswith("different order in the two datasets?")


def test_the_other_way_round_is_asked_and_never_flipped_silently():
    # Corners clicked clockwise in one image and counter-clockwise in the other.
    moving = np.array([[0.0, 0], [0, 100], [70, 110], [80, -5]])
    fixed = bind("similarity", 2).apply(np.array(TURN["similarity", 2]), moving)
    fixed += 0.3 * np.random.default_rng(0).normal(size=fixed.shape)
    backwards = fixed[[0, 3, 2, 1]]
    for model in ("similarity", "affine"):
        flipped = fit(moving, backwards, model)
        (question,) = [each for each in flipped.warnings if each.code == "order"]
        assert question.pairs == ("2", "4")
        assert judge(flipped).level == "poor"
    assert "reflected" in codes(fit(moving, backwards, "affine"))
    kite = np.array([[0.0, 0], [30, 70], [120, 0], [30, -70], [60, 0]])
    refused = fit(kite, kite[[0, 3, 2, 1, 4]], "similarity")
    assert isinstance(refused, FitFailure)
    assert refused.code == "reflected"
    assert "check the order of the pairs" in refused.sentence


def test_a_swapped_pair_is_asked_about_and_the_verdict_is_poor():
    moving, fixed = pairs(6, seed=5)
    fixed[[1, 4]] = fixed[[4, 1]]
    result = fit(moving, fixed, "affine", names=list("abcdef"))
    (warning,) = [each for each in result.warnings if each.code == "order"]
    assert warning.pairs == ("b", "e")
    assert judge(result).level == "poor"


def test_the_given_order_is_not_questioned_without_cause():
    for seed in range(60):
        moving, fixed = pairs(5, seed=seed, noise=2.0)
        assert find_better_order(moving, fixed, "similarity") is None
        result = fit(moving, fixed, "similarity")
        assert isinstance(result, Fit)
        assert "order" not in codes(result)


def test_what_cannot_be_told_is_not_asked():
    moving, fixed = pairs(9)
    assert find_better_order(moving, fixed[::-1], "affine") is None
    assert find_better_order(moving[:3], fixed[[1, 0, 2]], "affine") is None


# suggestions


@pytest.mark.parametrize("model", ["similarity", "affine"])
def test_the_model_behind_the_pairs_is_suggested(model):
    right = 0
    for seed in range(25):
        candidates = suggest_model(*pairs(8, 2, model, seed=seed))
        chosen = [each.model for each in candidates if each.suggested]
        right += chosen == [model]
    assert right >= 20


def test_six_pairs_are_enough_to_see_shear():
    right = 0
    for seed in range(25):
        candidates = suggest_model(*pairs(6, 2, "affine", seed=seed))
        right += [each.model for each in candidates if each.suggested] == ["affine"]
    assert right >= 15


def test_a_spline_is_suggested_on_a_clear_gain_only():
    rng = np.random.default_rng(1)
    moving = rng.uniform(-100, 100, (40, 2))
    bent = moving + 10 * np.sin(moving[:, ::-1] / 40) + 0.3 * rng.normal(size=moving.shape)
    (chosen,) = [each for each in suggest_model(moving, bent, unit="µm") if each.suggested]
    assert chosen.model == "tps"
    assert chosen.reason.startswith("a clear gain: left-out error")
    straight = [each for each in suggest_model(*pairs(40)) if each.model == "tps"]
    assert not straight[0].suggested
    assert straight[0].reason.startswith("no clear gain")


def test_every_candidate_has_a_reason():
    candidates = suggest_model(*pairs(3))
    assert [each.model for each in candidates] == [
        "translation",
        "rigid",
        "similarity",
        "affine",
        "projective",
        "tps",
    ]
    assert all(each.reason for each in candidates)
    assert "needs 4 pairs" in candidates[4].reason
    assert "cannot be tested" in candidates[3].reason


def test_nothing_is_suggested_while_the_handedness_is_open():
    moving, fixed = pairs(7)
    assert not any(each.suggested for each in suggest_model(moving * [1, -1], fixed))
    asked = suggest_model(moving * [1, -1], fixed, mirror=True)
    assert [each.model for each in asked if each.suggested] == ["similarity"]


@pytest.mark.parametrize(("n_in", "n_out", "model"), [(2, 3, "section"), (3, 2, "projection")])
def test_between_dimensions_there_is_one_model(n_in, n_out, model):
    rng = np.random.default_rng(0)
    moving = rng.uniform(0, 100, (8, n_in))
    fixed = bind(model, n_in).apply(np.full(7 if n_in == 2 else 6, 0.2), moving)
    fixed += 0.2 * rng.normal(size=(8, n_out))
    (only,) = suggest_model(moving, fixed)
    assert (only.model, only.suggested) == (model, True)


# verdicts


def test_a_good_fit_leads_with_its_left_out_error():
    verdict = judge(fit(*pairs(10), "similarity", unit="µm", same_unit=False))
    assert verdict.level == "good"
    assert verdict.reasons[0][0].startswith("left-out error ")
    assert verdict.reasons[0][0].endswith(" µm")
    assert verdict.reasons[0][1] in {str(i) for i in range(1, 11)}


def test_a_target_leads_with_its_own_error():
    result = fit(*pairs(10), "similarity", unit="µm", same_unit=False)
    verdict = judge(result, target=np.zeros(2))
    assert verdict.level == "good"
    assert verdict.reasons[0][0].startswith("error at the target ±")
    assert verdict.reasons[1][0].startswith("left-out error")
    assert len(verdict.reasons) == 2
    far = judge(result, target=np.array([1000.0, 0]))
    assert far.level == "check"
    assert "extrapolated" in far.reasons[1][0]


def test_the_required_accuracy_decides():
    result = fit(*pairs(10), "similarity", unit="µm", same_unit=False)
    assert judge(result, required=50.0).level == "good"
    verdict = judge(result, target=np.zeros(2), required=0.01)
    assert verdict.level == "poor"
    assert "10 nm is required" in verdict.reasons[0][0]


@pytest.mark.parametrize("target", [None, np.zeros(2)])
def test_without_redundancy_the_verdict_is_unknown(target):
    verdict = judge(fit(*pairs(3), "affine"), target=target)
    assert verdict.level == "unknown"
    assert verdict.reasons[0] == ("no redundancy: accuracy cannot be estimated", None)
    assert "add one more" in verdict.reasons[1][0]
    assert "0.00" not in str(verdict)


def test_little_redundancy_is_said_in_the_first_reason():
    verdict = judge(fit(*pairs(4), "affine"))
    assert verdict.level == "check"
    assert "ν = 2: hardly any redundancy" in verdict.reasons[0][0]


def test_a_bad_pair_is_a_reason_with_its_name():
    moving, fixed = pairs(12)
    fixed[7] += 9
    verdict = judge(fit(moving, fixed, "similarity"))
    assert verdict.level == "check"
    assert verdict.reasons[1][1] == "8"


def test_pairs_that_do_not_match_at_all_are_poor():
    moving, fixed = pairs(12, noise=60)
    verdict = judge(fit(moving, fixed, "affine"))
    assert verdict.level == "poor"
    assert "the pairs do not match" in verdict.reasons[1][0]


def test_two_pairs_of_a_rigid_fit_cannot_be_checked_against_each_other():
    moving = np.array([[0.0, 0], [100, 0]])
    verdict = judge(fit(moving, moving * 1.001, "rigid"), required=1.0)
    assert verdict.level == "check"
    assert "no pair can be left out" in verdict.reasons[0][0]


# where to click next


def test_the_next_click_is_where_the_target_is_least_certain():
    moving = np.array([[0.0, 0], [10, 0], [0, 10], [10, 10], [5, 4]])
    result = fit(moving, moving + 0.1 * np.random.default_rng(0).normal(size=(5, 2)), "affine")
    bounds = np.array([[0.0, 0], [100, 100]])
    there = click_here_next(result, np.array([90.0, 90.0]), bounds)
    assert there.moving.min() >= 75
    assert there.ratio < 0.5
    np.testing.assert_allclose(there.fixed, result.moving_to_fixed(there.moving[None])[0])


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine", "projective"])
def test_the_promised_gain_is_kept(model):
    moving, fixed = pairs(7, noise=0.1)
    result = fit(moving, fixed, model)
    target = np.array([30.0, 20.0])
    there = click_here_next(result, target, np.array([[-100.0, -100], [100, 100]]))
    form, theta = result.form, result.theta
    column = form.jacobian_theta(theta, target[None])[0]
    extra = form.jacobian_theta(theta, there.moving[None])[0]
    before = np.trace(column @ result.cofactor @ column.T)
    richer = np.linalg.inv(np.linalg.inv(result.cofactor) + extra.T @ extra)
    after = np.trace(column @ richer @ column.T)
    assert there.ratio == pytest.approx(np.sqrt(after / before), rel=1e-6)


@pytest.mark.parametrize("n_dim", [2, 3])
def test_a_spline_knows_where_to_click_too(n_dim):
    moving, fixed = pairs(14, n_dim)
    result = fit(moving, fixed, "tps", smoothing=1e-3)
    target = np.full(n_dim, 95.0)
    there = click_here_next(result, target, np.array([[-100.0] * n_dim, [100.0] * n_dim]))
    assert there.ratio < 0.9
    away = np.full((2, n_dim), -95.0)
    assert click_here_next(result, target, away).ratio > there.ratio


def test_the_area_to_click_in_needs_the_right_dimension():
    result = fit(*pairs(5), "rigid")
    with pytest.raises(TiepointError, match="2 coordinates"):
        click_here_next(result, np.zeros(3), np.zeros((2, 2)))
    with pytest.raises(TiepointError, match="2 coordinates"):
        click_here_next(result, np.zeros(2), np.zeros((3, 2)))


# hull


def test_inside_and_outside_of_the_hull():
    square = np.array([[0.0, 0], [0, 10], [10, 10], [10, 0], [5, 5]])
    hull = convex_hull(square)
    assert len(hull.vertices) == 4
    inside = hull.contains(np.array([[5.0, 5], [0, 0], [10, 4], [11, 5], [-1e-3, 5]]))
    assert inside.tolist() == [True, True, True, False, False]


def test_hulls_of_flat_sets():
    line = convex_hull(np.array([[0.0, 0], [10, 10], [4, 4]]))
    assert line.contains(np.array([[5.0, 5], [5, 6], [11, 11]])).tolist() == [True, False, False]
    plane = convex_hull(np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0], [10, 10, 0]]) + 3)
    inside = plane.contains(np.array([[8.0, 8, 3], [8, 8, 4], [20, 8, 3]]))
    assert inside.tolist() == [True, False, False]
    point = convex_hull(np.array([[1.0, 2.0]]))
    assert point.contains(np.array([[1.0, 2.0], [1, 3]])).tolist() == [True, False]

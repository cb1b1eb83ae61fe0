import numpy as np
import pytest
from scipy import stats

from tiepoint.geometry.transforms import Affine
from tiepoint.registration import NO_REDUNDANCY, Fit, FitFailure, bind, fit
from tiepoint.support.errors import TiepointError

SPREAD = np.array(
    [[-80.0, -60], [70, -75], [85, 65], [-60, 80], [5, -20], [30, 35], [-35, 10], [60, -5]]
)
SPREAD_3D = np.column_stack([np.array([40.0, -50, 10, -30, 60, -5, 25, -45]), SPREAD])


def clicked(model="similarity", moving=SPREAD, noise=1.0, seed=0, theta=None):
    form = bind(model, moving.shape[1], pivot=moving.mean(axis=0))
    if theta is None:
        theta = np.zeros(form.parameter_count)
        if model == "affine":
            theta[: -form.n_out] = np.eye(form.n_out).ravel()
    rng = np.random.default_rng(seed)
    fixed = form.apply(np.asarray(theta, float), moving)
    return fixed + noise * rng.normal(size=fixed.shape)


def codes(result):
    return {warning.code for warning in result.warnings}


def failure(*args, **kwargs):
    result = fit(*args, **kwargs)
    assert isinstance(result, FitFailure), result
    assert result.sentence
    assert result.sentence[0].isupper()
    assert result.sentence[-1] in ".?"
    return result


def test_a_fit_states_its_numbers():
    result = fit(SPREAD, clicked(noise=1.0), "similarity", unit="µm")
    assert (result.n, result.nu, result.model, result.unit) == (8, 12.0, "similarity", "µm")
    assert 0.5 < result.sigma < 1.6
    assert result.residual_rms == pytest.approx(
        np.sqrt((result.residuals**2).sum(axis=1).mean()), rel=1e-12
    )
    assert result.left_out_rms > result.residual_rms
    assert result.warnings == ()
    np.testing.assert_allclose(result.cov_theta, result.sigma**2 * result.cofactor)


def test_a_prediction_states_its_ellipse():
    result = fit(SPREAD, clicked(), "similarity")
    answer = result.predict(np.array([[0.0, 0.0], [500.0, 0.0]]))
    assert answer.positions.shape == (2, 2)
    assert answer.covariances.shape == (2, 2, 2)
    assert answer.inside_hull.tolist() == [True, False]
    assert (answer.n, answer.nu, answer.model, answer.reason) == (8, 12.0, "similarity", "")
    # 2D similarity: F-ellipse of radius s sqrt(2 F (1/N + r²/Σ|u|²)).
    u = SPREAD - SPREAD.mean(axis=0)
    share = 1 / 8 + ((np.array([500, 0]) - SPREAD.mean(axis=0)) ** 2).sum() / (u**2).sum()
    radius = result.sigma * np.sqrt(2 * stats.f.ppf(0.95, 2, 12) * share)
    np.testing.assert_allclose(answer.ellipses.semi_axes[1], radius, rtol=1e-9)


@pytest.mark.parametrize(
    ("model", "moving"),
    [
        ("translation", SPREAD[:1]),
        ("similarity", SPREAD[:2]),
        ("affine", SPREAD[:3]),
        ("projective", SPREAD[:4]),
        ("affine", SPREAD_3D[:4]),
        ("projection", SPREAD_3D[:3]),
    ],
)
@pytest.mark.parametrize("fle", [None, 0.5])
def test_without_redundancy_no_accuracy_is_claimed(model, moving, fle):
    fixed = clicked("affine", moving)
    fixed = fixed[:, 1:] if model == "projection" else fixed
    given = None if fle is None else np.full(fixed.shape[1], fle)
    result = fit(moving, fixed, model, fle_fixed=given, scale_known=True)
    assert isinstance(result, Fit)
    assert (result.nu, result.sigma, result.cov_theta) == (0.0, None, None)
    answer = result.predict(moving)
    assert answer.covariances is None
    assert answer.ellipses is None
    assert answer.reason == NO_REDUNDANCY
    np.testing.assert_allclose(answer.positions, fixed, atol=1e-6)


def test_an_interpolating_spline_claims_no_accuracy_but_can_be_left_out():
    result = fit(SPREAD, clicked(), "tps", smoothing=0.0)
    assert result.sigma is None
    assert result.predict(SPREAD).reason == NO_REDUNDANCY
    assert result.left_out_rms > 0.5


@pytest.mark.parametrize("smoothing", [0.0, 1e-3, 0.1])
def test_left_out_errors_of_a_spline_are_those_of_a_refit(smoothing):
    from tiepoint.registration.spline_form import fit_spline

    fixed = clicked()
    # Same absolute smoothing and normalisation in the refit: large relative smoothing makes
    # both approach the affine fit, zero makes both interpolate.
    result = fit_spline(SPREAD, fixed, smoothing=smoothing)
    for i in range(len(SPREAD)):
        rest = np.arange(len(SPREAD)) != i
        if smoothing == 0.0:
            again = fit_spline(SPREAD[rest], fixed[rest], smoothing=0.0)
            miss = fixed[i] - again.form.transform(again.theta)(SPREAD[i : i + 1])[0]
            np.testing.assert_allclose(result.left_out[i], miss, rtol=1e-6, atol=1e-9)
        else:
            # Fixing the left-out pair to its own prediction changes nothing (the PRESS lemma).
            swapped = fixed.copy()
            swapped[i] -= result.left_out[i]
            again = fit_spline(SPREAD, swapped, smoothing=smoothing)
            np.testing.assert_allclose(again.residuals[i], 0, atol=1e-9)


def test_a_very_smooth_spline_is_the_affine_fit():
    fixed = clicked()
    smooth, plain = fit(SPREAD, fixed, "tps", smoothing=1e9), fit(SPREAD, fixed, "affine")
    np.testing.assert_allclose(smooth.residuals, plain.residuals, atol=1e-5)
    assert smooth.nu == pytest.approx(plain.nu, rel=1e-4)
    assert smooth.sigma == pytest.approx(plain.sigma, rel=1e-3)


@pytest.mark.parametrize(
    ("model", "moving"),
    [
        ("translation", SPREAD),
        ("rigid", SPREAD),
        ("similarity", SPREAD),
        ("affine", SPREAD),
        ("projective", SPREAD),
        ("rigid", SPREAD_3D),
        ("similarity", SPREAD_3D),
        ("affine", SPREAD_3D),
        ("section", SPREAD),
        ("projection", SPREAD_3D),
    ],
)
def test_left_out_errors_are_those_of_a_refit(model, moving):
    fixed = clicked("affine", SPREAD_3D if model == "section" else moving, noise=3.0)
    fixed = fixed[:, 1:] if model == "projection" else fixed
    result = fit(moving, fixed, model)
    for i in range(len(moving)):
        rest = np.arange(len(moving)) != i
        again = fit(moving[rest], fixed[rest], model)
        miss = fixed[i] - again.moving_to_fixed(moving[i : i + 1])[0]
        np.testing.assert_allclose(result.left_out[i], miss, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("model", ["rigid", "similarity"])
def test_beyond_thirty_pairs_one_step_is_close_to_a_refit(model):
    rng = np.random.default_rng(1)
    moving = rng.uniform(-100, 100, (31, 3))
    fixed = moving + 5.0 * rng.normal(size=moving.shape)
    result = fit(moving, fixed, model)
    for i in range(0, 31, 5):
        rest = np.arange(31) != i
        again = fit(moving[rest], fixed[rest], model)
        miss = fixed[i] - again.moving_to_fixed(moving[i : i + 1])[0]
        assert np.linalg.norm(result.left_out[i] - miss) < 0.005 * np.linalg.norm(miss)


def test_a_pair_that_nothing_checks_is_named():
    # Three markers on a line and one away from it: an affine fit rests on the latter alone.
    moving = np.array([[0.0, 0], [50, 0], [100, 0], [40, 80]])
    fixed = moving + np.array([[0.5, 0], [0, 0.4], [-0.3, 0], [0, 0]])
    result = fit(moving, fixed, "affine", names=["a", "b", "c", "alone"])
    assert np.isnan(result.left_out[3]).all()
    assert np.isfinite(result.left_out[:3]).all()
    (warning,) = [each for each in result.warnings if each.code == "unchecked_pair"]
    assert warning.pairs == ("alone",)


def test_too_few_pairs():
    result = failure(SPREAD[:2], SPREAD[:2], "affine")
    assert result.code == "too_few_pairs"
    assert "needs 3 pairs, and there are 2: add 1 more" in result.sentence
    assert failure(np.zeros((0, 2)), np.zeros((0, 2)), "rigid").code == "too_few_pairs"


def test_the_same_pair_twice():
    moving = np.vstack([SPREAD, SPREAD[2]])
    result = failure(moving, moving, "affine", names=[*"abcdefgh", "c again"])
    assert result.code == "duplicate"
    assert set(result.pairs) == {"c", "c again"}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_coordinates(value):
    fixed = SPREAD.copy()
    fixed[4, 1] = value
    result = failure(SPREAD, fixed, "rigid")
    assert (result.code, result.pairs) == ("non_finite", ("5",))


@pytest.mark.parametrize(
    ("moving", "fixed", "model"),
    [
        (SPREAD, SPREAD_3D, "affine"),
        (SPREAD_3D, SPREAD, "section"),
        (SPREAD, SPREAD_3D, "projection"),
        (SPREAD_3D, SPREAD_3D, "projective"),
        (SPREAD, SPREAD[:5], "rigid"),
    ],
)
def test_wrong_dimensions(moving, fixed, model):
    assert failure(moving, fixed, model).code == "wrong_dimension"


def test_unknown_model_and_impossible_mirror():
    assert failure(SPREAD, SPREAD, "spaghetti").code == "unknown_model"
    assert failure(SPREAD, SPREAD, "affine", mirror=True).code == "no_mirror"
    turned = failure(SPREAD_3D, SPREAD, "projection", mirror=True)
    assert "seen from the other side" in turned.sentence


def on_a_line(ratio, n_dim=2):
    points = (SPREAD if n_dim == 2 else SPREAD_3D) - (SPREAD if n_dim == 2 else SPREAD_3D).mean(0)
    axes = np.linalg.svd(points, full_matrices=False)[0]
    return axes[:, :2] * [100.0, 100.0 * ratio] if n_dim == 2 else axes * [100, 60, 100 * ratio]


@pytest.mark.parametrize("model", ["affine", "projective", "tps"])
def test_markers_on_a_line_are_refused(model):
    moving = on_a_line(0.04)
    result = failure(moving, moving, model)
    assert result.code == "collinear"
    assert "choose rigid or similarity" in result.sentence


def test_markers_almost_on_a_line_are_a_warning_with_its_factor():
    moving = on_a_line(1 / 14)
    result = fit(moving, moving + clicked(moving=moving) * 0.01, "affine")
    assert result.conditioning == pytest.approx(1 / 14)
    assert result.warnings[0].code == "nearly_collinear"
    assert result.warnings[0].sentence == "markers lie almost on a line: error across it is ×14"


def test_rigid_and_similarity_in_the_plane_do_not_mind_a_line():
    moving = on_a_line(0.0)
    for model in ("rigid", "similarity"):
        result = fit(moving, clicked(moving=moving), model)
        assert isinstance(result, Fit)
        assert "nearly_collinear" not in codes(result)


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine", "tps", "projection"])
def test_a_line_in_space_leaves_a_turn_open(model):
    moving = np.outer(np.arange(6.0) ** 1.1, [1.0, 2.0, 3.0]) + 7
    fixed = moving[:, 1:] if model == "projection" else moving
    assert failure(moving, fixed, model).code == "collinear"


@pytest.mark.parametrize("model", ["affine", "tps"])
def test_a_plane_in_space_is_refused_where_it_matters(model):
    moving = on_a_line(0.02, 3)
    result = failure(moving, moving, model)
    assert result.code == "coplanar"
    assert isinstance(fit(moving, moving, "similarity"), Fit)


def test_a_fixed_side_on_a_line_has_no_inverse():
    result = failure(SPREAD, SPREAD * [1.0, 0.0], "affine")
    assert result.code == "collinear"
    assert "fixed dataset" in result.sentence


@pytest.mark.parametrize("model", ["rigid", "similarity"])
@pytest.mark.parametrize("moving", [SPREAD, SPREAD_3D])
def test_a_mirror_is_asked_for_and_never_taken(model, moving):
    fixed = clicked(moving=moving) * np.where(np.arange(moving.shape[1]) == 1, -1.0, 1.0)
    refused = failure(moving, fixed, model)
    assert refused.code == "reflected"
    assert "Is one of the two images flipped?" in refused.sentence
    allowed = fit(moving, fixed, model, mirror=True)
    assert allowed.mirror
    assert allowed.residual_rms < 3
    back = failure(moving, clicked(moving=moving), model, mirror=True)
    assert "Switch the mirror off" in back.sentence


@pytest.mark.parametrize("model", ["affine", "tps", "projective"])
def test_a_mirroring_affine_says_so(model):
    result = fit(SPREAD, clicked() * [1, -1], model)
    assert "reflected" in codes(result)
    assert "reflected" not in codes(fit(SPREAD, clicked(), model))


def test_localisation_errors_weigh_and_their_scale_is_estimated():
    fixed = clicked(noise=1.0)
    fixed[0] += 40
    fle = np.ones((8, 2))
    plain = fit(SPREAD, fixed, "similarity", fle_fixed=fle)
    fle[0] = 1000
    trusting = fit(SPREAD, fixed, "similarity", fle_fixed=fle)
    assert trusting.sigma < 2 < plain.sigma
    tenfold = fit(SPREAD, fixed, "similarity", fle_fixed=10 * fle)
    assert tenfold.sigma == pytest.approx(trusting.sigma / 10)
    np.testing.assert_allclose(
        tenfold.predict(SPREAD).covariances,
        trusting.predict(SPREAD).covariances,
        rtol=1e-9,
        atol=1e-12,
    )


def test_a_known_scale_gives_chi_squared_ellipses_and_objects_when_denied():
    honest = fit(SPREAD, clicked(), "rigid", fle_fixed=np.ones(2), scale_known=True)
    assert "larger_fle" not in codes(honest)
    covariance = honest.predict(SPREAD[:1]).covariances[0]
    semi = honest.predict(SPREAD[:1]).ellipses.semi_axes[0, 0]
    assert semi == pytest.approx(
        np.sqrt(stats.chi2.ppf(0.95, 2) * np.linalg.eigvalsh(covariance)[-1])
    )
    denied = fit(SPREAD, clicked(noise=4), "rigid", fle_fixed=np.ones(2), scale_known=True)
    assert "larger_fle" in codes(denied)


@pytest.mark.parametrize(
    "fle",
    [
        {"fle_fixed": np.ones(3)},
        {"fle_fixed": np.zeros(2)},
        {"fle_moving": np.array([1.0, 0.0])},
        {"fle_fixed": np.array([np.nan, 1.0])},
        {"fle_moving": np.ones((5, 2))},
    ],
)
def test_useless_localisation_errors(fle):
    assert failure(SPREAD, SPREAD, "rigid", **fle).code == "bad_fle"


def test_one_exact_side_is_fine():
    result = fit(SPREAD, clicked(), "rigid", fle_fixed=np.zeros(2), fle_moving=np.array([0.5, 1.5]))
    assert isinstance(result, Fit)


def test_a_section_needs_errors_in_the_volume():
    fixed = clicked("section")
    assert failure(SPREAD, fixed, "section", fle_moving=np.ones(2)).code == "bad_fle"
    assert isinstance(fit(SPREAD, fixed, "section", fle_fixed=np.ones(3)), Fit)


def test_the_scale_has_to_agree_with_the_pixel_sizes():
    fixed = clicked(theta=[np.log(1.05), 0.2, 0, 0])
    for model in ("similarity", "affine", "rigid"):
        result = fit(SPREAD, fixed, model, unit="µm")
        (warning,) = [each for each in result.warnings if each.code == "scale"]
        assert "check the pixel sizes" in warning.sentence
    assert "scale" not in codes(fit(SPREAD, fixed, "similarity"))
    assert "scale" not in codes(fit(SPREAD, fixed, "similarity", unit="µm", same_unit=False))
    assert "scale" not in codes(fit(SPREAD, clicked(), "similarity", unit="µm"))
    slight = clicked(theta=[np.log(1.01), 0, 0, 0], noise=0.01)
    assert "scale" not in codes(fit(SPREAD, slight, "similarity", unit="µm"))


def test_two_pairs_can_already_deny_the_pixel_sizes():
    result = fit(SPREAD[:2], 2 * SPREAD[:2], "similarity", unit="nm")
    assert "scale" in codes(result)
    assert "scale" not in codes(fit(SPREAD[:2], 1.05 * SPREAD[:2], "similarity", unit="nm"))


def test_shear_left_over_by_a_simple_model_is_reported():
    fixed = clicked("affine", theta=[1.0, 0.1, 0.0, 0.93, 0, 0])
    assert "too_simple" in codes(fit(SPREAD, fixed, "similarity"))
    assert "too_simple" not in codes(fit(SPREAD, fixed, "affine"))
    assert "too_simple" not in codes(fit(SPREAD, clicked(), "similarity"))


def test_a_volume_seen_flat_has_two_poses_and_the_tilt_decides():
    flat = np.column_stack([0.4 * SPREAD[:, 0], SPREAD])
    form = bind("projection", 3, pivot=flat.mean(axis=0))
    theta = np.array([0.0, 0.5, -0.4, 0.3, 10, 20])
    fixed = form.apply(theta, flat) + 0.1 * np.random.default_rng(0).normal(size=(8, 2))
    result = fit(flat, fixed, "projection")
    assert "branches" in codes(result)
    assert len(result.rivals) == 1
    poses = [result, *result.rivals]
    for truth in poses:
        chosen = fit(flat, fixed, "projection", near=truth.moving_to_fixed)
        linear = chosen.moving_to_fixed.jacobian(flat[:1])
        np.testing.assert_allclose(linear, truth.moving_to_fixed.jacobian(flat[:1]), atol=1e-6)
    true_linear = form.linear(theta, flat[:1])[0]
    gaps = [np.linalg.norm(p.moving_to_fixed.jacobian(flat[:1])[0] - true_linear) for p in poses]
    assert min(gaps) < 0.02 < max(gaps)


def test_a_volume_with_depth_has_one_pose():
    form = bind("projection", 3, pivot=SPREAD_3D.mean(axis=0))
    fixed = form.apply(np.array([0.0, 0.5, -0.4, 0.3, 10, 20]), SPREAD_3D)
    fixed += 0.3 * np.random.default_rng(0).normal(size=fixed.shape)
    result = fit(SPREAD_3D, fixed, "projection")
    assert result.rivals == ()
    assert "branches" not in codes(result)


def test_two_pairs_at_one_fixed_place_are_pointed_at():
    fixed = clicked()
    fixed[5] = fixed[1]
    (warning,) = [w for w in fit(SPREAD, fixed, "affine").warnings if w.code == "same_fixed"]
    assert warning.pairs == ("2", "6")


def test_a_folding_spline_is_reported():
    fixed = SPREAD.copy()
    fixed[4], fixed[5] = SPREAD[5], SPREAD[4]
    assert "fold" in codes(fit(SPREAD, fixed, "tps", smoothing=0.0))
    assert "fold" not in codes(fit(SPREAD, clicked(), "tps"))


def test_a_horizon_between_the_markers_is_reported():
    form = bind("projective", 2)
    for steep in (0.02, 0.015):
        theta = np.array([1, 0, 0, 1, 0, 0, steep, 0.0])
        result = fit(SPREAD, form.apply(theta, SPREAD), "projective")
        assert "horizon" in codes(result)


def test_points_of_another_dimension_are_refused_in_words():
    with pytest.raises(TiepointError, match="has 2"):
        fit(SPREAD, SPREAD, "rigid").predict(np.zeros((1, 3)))


@pytest.mark.parametrize("unit", [None, "µm"])
def test_a_perfect_fit_is_not_a_crash(unit):
    for model in ("translation", "rigid", "similarity", "affine", "projective", "tps"):
        result = fit(SPREAD, SPREAD, model, unit=unit)
        assert isinstance(result, Fit)
        assert result.residual_rms < 1e-9
        assert result.flagged == ()
        assert result.warnings == ()


def test_the_result_is_an_ordinary_transform():
    result = fit(SPREAD, clicked(), "similarity")
    assert isinstance(result.moving_to_fixed, Affine)
    np.testing.assert_allclose(
        result.moving_to_fixed.inverse()(result.moving_to_fixed(SPREAD)), SPREAD, atol=1e-9
    )

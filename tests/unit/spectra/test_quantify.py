"""Net intensities, ratios and compositions against closed forms, Monte Carlo and exspy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import MapRecipe
from tiepoint.spectra.intensity import NetIntensity, net_maps, net_of_spectrum
from tiepoint.spectra.notation import parse
from tiepoint.spectra.quantify import cliff_lorimer, intensity_ratio, intensity_shares
from tiepoint.spectra.regions import rectangle_spectrum
from tiepoint.spectra.windows import recipe_for
from tiepoint.support.errors import TiepointError

ENERGY = Axis(name="Energy", size=1024, scale=0.01, unit="keV", role="energy")
KEV = 0.01 * np.arange(1024)
RECIPES = tuple(recipe_for("", parse(text), net=True) for text in ("Fe Ka", "O Ka"))


def spectrum(iron, oxygen, ground):
    def peak(energy, width):
        shape = np.exp(-0.5 * ((KEV - energy) / width) ** 2)
        return shape / shape.sum()

    return ground + iron * peak(6.4, 0.057) + oxygen * peak(0.525, 0.028)


def axes(*shape):
    return (*(Axis(name="yx"[i], size=n) for i, n in enumerate(shape)), ENERGY)


def line(label, net, sigma=None, element=None):
    net = np.asarray(net, float)
    spread = None if sigma is None else np.broadcast_to(np.asarray(sigma, float), net.shape)
    limit = None if sigma is None else 3 * spread
    return NetIntensity(
        label, element or label.split()[0], net, net * 0, net, spread, limit, (), (0, 1), "keV",
        "linear", (),
    )  # fmt: skip


@pytest.mark.parametrize("ground", [0.3, 3.0])
def test_the_stated_error_is_the_scatter(ground):
    rng = np.random.default_rng(3)
    cube = rng.poisson(spectrum(120, 60, ground), (60, 60, 1024)).astype(np.uint16)
    for found, true in zip(net_maps(cube, axes(60, 60), RECIPES), (120, 60), strict=True):
        error = found.net.std() / 60
        assert found.net.mean() == pytest.approx(0.98 * true, abs=4 * error + 0.02 * true)
        assert np.sqrt((found.sigma**2).mean()) == pytest.approx(found.net.std(), rel=0.06)
        assert found.seen.mean() > 0.9
        assert found.unit == "net counts"


def test_an_edge_has_an_error_too():
    rng = np.random.default_rng(4)
    loss = 300.0 + np.arange(600)
    axis = Axis(name="Energy", size=600, scale=1.0, offset=300.0, unit="eV", role="energy")
    law = 40 * (loss / 450) ** -3
    cube = rng.poisson(law, (60, 60, 600)).astype(np.uint16)
    image = (Axis(name="y", size=60), Axis(name="x", size=60), axis)
    (found,) = net_maps(cube, image, [recipe_for("", parse("O K"), net=True)])
    assert np.sqrt((found.sigma**2).mean()) == pytest.approx(found.net.std(), rel=0.06)
    assert found.seen.mean() < 0.01  # nothing is there


def test_an_absent_line_is_not_seen_and_empty_pixels_have_an_error():
    rng = np.random.default_rng(5)
    cube = rng.poisson(spectrum(0, 60, 2.0), (50, 50, 1024)).astype(np.uint8)
    cube[0, 0] = 0
    iron, oxygen = net_maps(cube, axes(50, 50), RECIPES)
    assert iron.seen.mean() < 0.01
    assert oxygen.seen[1:].mean() > 0.5
    assert iron.sigma[0, 0] >= 1
    assert not iron.seen[0, 0]


def test_maps_and_region_spectra_agree():
    rng = np.random.default_rng(6)
    cube = rng.poisson(spectrum(50, 30, 1.0), (8, 9, 1024)).astype(np.uint16)
    total = rectangle_spectrum(cube, axes(8, 9), (0, 0, 8, 9))
    for whole, maps in zip(
        net_of_spectrum(total, RECIPES), net_maps(cube, axes(8, 9), RECIPES), strict=True
    ):
        assert whole.net == pytest.approx(maps.net.sum(), rel=1e-9)
        assert whole.sigma == pytest.approx(np.sqrt((maps.sigma**2).sum()), rel=0.02)
        assert whole.net.shape == ()


def test_real_numbers_have_no_poisson_error():
    cube = np.broadcast_to(spectrum(50, 30, 1.0), (2, 2, 1024)).astype(np.float32)
    iron, oxygen = net_maps(cube, axes(2, 2), RECIPES)
    assert iron.sigma is None
    assert iron.seen is None
    assert intensity_ratio(iron, oxygen).sigma is None
    assert intensity_shares([iron, oxygen]).sigma is None


def test_windows_that_meet_are_told():
    cube = np.ones((2, 2, 1024), np.uint8)
    pair = [recipe_for("", parse(text), net=True) for text in ("Al Ka", "Si Ka")]
    aluminium, silicon = net_maps(cube, axes(2, 2), pair)
    assert "background of Al Kα is taken in the window of Si Kα" in aluminium.warnings[0]
    assert "background of Si Kα" in silicon.warnings[0]
    close = [MapRecipe(source="", label=name, window=(6, 6.3)) for name in ("a", "b")]
    assert "overlap" in net_maps(cube, axes(2, 2), close)[0].warnings[0]
    with pytest.raises(TiepointError, match="at least one line"):
        net_maps(cube, axes(2, 2), [])


def test_ratio_and_its_error_by_hand():
    found = intensity_ratio(line("Fe Kα", [100.0, 50.0], 10.0), line("O Kα", [200.0, 20.0], 10.0))
    assert found.values[0] == pytest.approx(0.5)
    assert found.sigma[0] == pytest.approx(0.5 * np.hypot(10 / 100, 10 / 200))
    assert np.isnan(found.values[1])
    assert found.masked.tolist() == [False, True]
    assert found.label == "Fe Kα / O Kα"


K = {"Fe Kα": 1.3, "O Kα": 1.9, "Si Kα": 1.0}


def three():
    return [line("Fe Kα", [500.0], 25.0), line("O Kα", [300.0], 20.0), line("Si Kα", [200.0], 15.0)]


def test_weight_and_atomic_per_cent_by_hand():
    weight = cliff_lorimer(three(), K, thin_film=True)
    parts = np.array([1.3 * 500, 1.9 * 300, 200])
    assert weight.values[:, 0] == pytest.approx(100 * parts / parts.sum())
    atoms = parts / [55.845, 15.999, 28.085]
    atomic = cliff_lorimer(three(), K, unit="at %", thin_film=True)
    assert atomic.values[:, 0] == pytest.approx(100 * atoms / atoms.sum(), rel=2e-4)
    assert (weight.unit, atomic.unit) == ("wt %", "at %")
    assert weight.warnings == ()
    shares = intensity_shares(three())
    assert shares.values[:, 0] == pytest.approx([50, 30, 20])
    assert shares.unit == "% of net intensity"
    assert "not a composition" in shares.warnings[0]


@pytest.mark.parametrize("unit", ["wt %", "at %"])
def test_errors_of_shares_are_their_scatter(unit):
    rng = np.random.default_rng(8)
    noisy = [
        line(one.label, one.net + rng.normal(0, one.sigma, 40000), one.sigma[0]) for one in three()
    ]
    scatter = cliff_lorimer(noisy, K, unit=unit).values.std(axis=1)
    stated = cliff_lorimer(three(), K, unit=unit).sigma[:, 0]
    assert stated == pytest.approx(scatter, rel=0.03)


def test_errors_of_k_factors_are_a_scatter_over_calibrations():
    rng = np.random.default_rng(9)
    errors = {"Fe Kα": 0.05, "O Kα": 0.1}
    stated = cliff_lorimer(three(), K, k_errors=errors).sigma_factors[:, 0]
    drawn = [
        cliff_lorimer(
            three(), {name: k + rng.normal(0, errors.get(name, 0)) for name, k in K.items()}
        ).values[:, 0]
        for _ in range(3000)
    ]
    assert stated == pytest.approx(np.std(drawn, axis=0), rel=0.06)


@given(st.lists(st.floats(1, 1e5), min_size=3, max_size=3), st.floats(0.1, 10))
def test_shares_sum_to_a_hundred_and_know_no_common_factor(nets, factor):
    lines = [line(name, [net], 0.01) for name, net in zip(K, nets, strict=True)]
    found = cliff_lorimer(lines, K).values
    assert found.sum() == pytest.approx(100)
    scaled = cliff_lorimer(lines, {name: k * factor for name, k in K.items()}).values
    assert scaled == pytest.approx(found, rel=1e-9)


def test_too_few_counts_are_masked():
    lines = [line("Fe Kα", [9.0, 500.0, -4.0], 5.0), line("O Kα", [3.0, 300.0, 2.0], 5.0)]
    found = cliff_lorimer(lines, K)
    assert found.masked.tolist() == [True, False, True]
    assert np.isnan(found.values[:, 0]).all()
    assert np.isnan(found.sigma[:, 2]).all()
    assert cliff_lorimer(lines, K, min_counts=900).masked.all()


@pytest.mark.parametrize(
    ("lines", "factors", "words"),
    [
        (three(), {"Fe Kα": 1.0}, "no k-factor for O Kα.* no default"),
        (three(), {**K, "O Kα": -1.0}, "must be positive"),
        (three(), {**K, "O Kα": float("nan")}, "must be positive"),
        ([three()[0], three()[0]], K, "counted twice"),
        (three()[:1], K, "at least two"),
        ([line("6.2–6.6 keV", [1.0], element=" "), three()[0]], K, "not an element"),
    ],
)
def test_what_cannot_be_quantified_is_refused_in_words(lines, factors, words):
    with pytest.raises(TiepointError, match=words):
        cliff_lorimer(lines, factors)


@pytest.mark.parametrize(("thin", "words"), [(False, "come from an SEM"), (None, "does not say")])
def test_a_bulk_sample_is_warned_of(thin, words):
    (note,) = cliff_lorimer(three(), K, thin_film=thin).warnings
    assert words in note
    assert "ZAF" in note

"""Ratios, compositions, components, thickness and bands: values, marks, saving."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_spectra import KEV, add, add_eds, peaks, space

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Metadata
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.spectra.computing import CompositionOptions, DecomposeOptions, is_thin_film
from tiepoint.session.spectra.products import add_product
from tiepoint.session.spectra.words import legend_detail, unit_of
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled, TaskControl


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


@pytest.fixture
def eds(session):
    return add_eds(session)


def lines(session, eds, *names):
    return [session.spectra.line_recipe(eds, name, net=True) for name in names]


def values_of(session, product):
    """Values by name, after adding the product."""
    added = add_product(session, product)
    return {d.name: np.asarray(session.store.array(d)) for d in added}


def test_a_ratio_has_its_error_and_says_what_stays_empty(session, eds):
    iron, calcium = (session.spectra.add_map(r) for r in lines(session, eds, "Fe Ka", "Ca Ka"))
    product = session.spectra.computing.ratio(iron, calcium)
    found = values_of(session, product)
    assert set(found) == {"Ratio Fe Kα to Ca Kα", "Ratio Fe Kα to Ca Kα, 1 σ"}
    ratio = found["Ratio Fe Kα to Ca Kα"]
    assert np.isnan(ratio[:, :25]).mean() > 0.9, "no calcium on the left"
    assert np.nanmedian(np.abs(ratio[:, 25:])) < 0.2, "no iron on the right"
    assert any("% of the pixels stay empty" in words for words in product.warnings)
    shown = session.dataset("Ratio Fe Kα to Ca Kα")
    assert shown.frame == eds.frame
    assert shown.derived.sources == (eds.id, iron.id, calcium.id)
    assert not shown.model_derived
    assert shown.display.visible
    assert session.document.undo() == product.label
    assert "Ratio Fe Kα to Ca Kα" not in {d.name for d in session.project.datasets}


def test_a_ratio_needs_two_maps_of_one_image(session, eds):
    (iron,) = (session.spectra.add_map(r) for r in lines(session, eds, "Fe Ka"))
    other = add_eds(session)
    (calcium,) = (session.spectra.add_map(r) for r in lines(session, other, "Ca Ka"))
    with pytest.raises(TiepointError, match="same spectrum image"):
        session.spectra.computing.ratio(iron, calcium)
    with pytest.raises(TiepointError, match="same spectrum image"):
        session.spectra.computing.ratio(iron, eds)


@pytest.mark.parametrize("unit", ["wt %", "at %"])
def test_a_composition_adds_up_and_follows_the_halves(session, eds, unit):
    options = CompositionOptions(unit, {"Fe Kα": 1.3, "Ca Kα": 1.0}, {"Fe Kα": 0.1})
    product = session.spectra.computing.composition(
        eds, lines(session, eds, "Fe Ka", "Ca Ka"), options
    )
    found = values_of(session, product)
    assert set(found) == {f"{e}, {unit}{s}" for e in ("Fe", "Ca") for s in ("", ", 1 σ")}
    total = found[f"Fe, {unit}"] + found[f"Ca, {unit}"]
    np.testing.assert_allclose(total[np.isfinite(total)], 100, rtol=1e-5)
    assert np.nanmedian(found[f"Fe, {unit}"][:, :25]) > 95
    assert np.nanmedian(found[f"Fe, {unit}"][:, 25:]) < 5
    shown = session.dataset(f"Fe, {unit}")
    assert unit_of(session, shown) == unit
    assert shown.derived.settings["k_factors"] == {"Fe Kα": 1.3, "Ca Kα": 1.0}
    assert legend_detail(session, shown, (0.0, 57.0)) == f"0–57 {unit}"
    assert any("thin film" in words for words in shown.warnings), "the file does not say so"


def test_without_k_factors_there_is_no_composition(session, eds):
    recipes = lines(session, eds, "Fe Ka", "Ca Ka")
    with pytest.raises(TiepointError, match="no k-factor"):
        session.spectra.computing.composition(eds, recipes, CompositionOptions("wt %"))
    options = CompositionOptions("% of net intensity", with_errors=False)
    product = session.spectra.computing.composition(eds, recipes, options)
    assert [d.name for d, _ in product.parts] == [
        "Fe Kα, % of net intensity",
        "Ca Kα, % of net intensity",
    ]
    assert any("not a composition" in words for words in product.warnings)


@pytest.mark.parametrize(
    ("word", "thin"), [("TEM", True), ("STEM", True), ("SEM", False), ("", None)]
)
def test_thin_film_by_the_microscope(session, eds, word, thin):
    settings = {"microscope_type": word} if word else {}
    assert is_thin_film(eds.replace(metadata=Metadata(settings=settings))) is thin


@pytest.mark.parametrize("method", ["NMF", "PCA"])
def test_components_are_marked_and_their_spectra_are_datasets(session, eds, method):
    options = DecomposeOptions(components=2, method=method, window=(3.0, 7.5))
    product = session.spectra.computing.decomposition(eds, options)
    added = add_product(session, product)
    maps = [d for d in added if d.kind == "image"]
    spectra = [d for d in added if d.kind == "spectrum"]
    assert len(maps) == len(spectra) == 2
    assert all(d.model_derived for d in added)
    assert "model-derived" in legend_detail(session, maps[0], (0.0, 1.0))
    assert all(d.shape == (40, 50) for d in maps)
    axis = spectra[0].axes[0]
    assert axis.offset == pytest.approx(3.0, abs=0.02)
    assert axis.offset + axis.scale * (axis.size - 1) == pytest.approx(7.5, abs=0.02)
    (found,) = session.spectra.reading.whole(spectra[0])
    assert found.positions.size == axis.size
    if method == "NMF":
        halves = [np.asarray(session.store.array(d)) for d in maps]
        left = [float(m[:, :25].mean() / m[:, 25:].mean()) for m in halves]
        assert max(left) > 5
        assert min(left) < 0.2


def test_counts_summed_over_squares_give_the_composition_that_pixels_are_too_dark_for(session):
    rng = np.random.default_rng(11)
    mean = 0.004 * (peaks(KEV, {6.401: 300.0}) + peaks(KEV, {3.691: 100.0}))
    cube = rng.poisson(np.broadcast_to(mean, (40, 50, KEV.size))).astype(np.uint16)
    axes = (space("y", 40, 0.1), space("x", 50, 0.1), KEV)
    dark = add(session, cube, axes)
    recipes = lines(session, dark, "Fe Ka", "Ca Ka")
    factors = {"Fe Kα": 1.0, "Ca Kα": 1.0}
    computing = session.spectra.computing
    single = computing.composition(dark, recipes, CompositionOptions(k_factors=factors))
    assert "sum over more" in single.warnings[0]
    options = CompositionOptions(k_factors=factors, sum_pixels=20)
    product = computing.composition(dark, recipes, options)
    (iron, shares), (_, sigma) = product.parts[:2]
    assert shares.shape == (2, 2), "ten columns fill no square"
    assert [axis.scale for axis in iron.axes] == pytest.approx([2.0, 2.0])
    assert [axis.offset for axis in iron.axes] == pytest.approx([0.95, 0.95])
    assert iron.frame == dark.frame
    assert np.all(np.abs(shares - 75) < 4 * sigma)
    assert iron.derived.settings["sum_pixels"] == 20
    with pytest.raises(TiepointError, match="fewer than 41"):
        computing.composition(dark, recipes, CompositionOptions("wt %", factors, sum_pixels=41))


def test_components_say_when_the_noise_of_the_detector_takes_part(session):
    axis = KEV.replace(offset=-0.4)
    cube = np.random.default_rng(2).poisson(2.0, (4, 5, axis.size)).astype(np.uint16)
    source = add(session, cube, (space("y", 4, 0.1), space("x", 5, 0.1), axis))
    whole = session.spectra.computing.decomposition(source, DecomposeOptions(components=2))
    assert any("noise" in words for words in whole.warnings)
    above = DecomposeOptions(components=2, window=(0.2, 7.0))
    found = session.spectra.computing.decomposition(source, above)
    assert not any("noise" in words for words in found.warnings)


def test_the_area_of_a_band_of_counts_is_in_counts(session, eds):
    product = session.spectra.computing.band(eds, (6.2, 6.6))
    assert product.parts[0][0].quantity.unit == "counts × keV"


def low_loss(session, thickness):
    axis = Axis(name="Loss", size=400, scale=0.5, offset=-20.0, unit="eV", role="energy")
    loss = axis.offset + axis.scale * np.arange(axis.size)
    peak = np.exp(-((loss / 0.8) ** 2) / 2)
    plasmon = np.exp(-(((loss - 20.0) / 3.0) ** 2) / 2)
    spectrum = peak / peak.sum() + (np.exp(thickness) - 1) * plasmon / plasmon.sum()
    values = np.broadcast_to(1e5 * spectrum, (3, 4, 400)).astype(np.float32)
    axes = (space("y", 3, 1.0), space("x", 4, 1.0), axis)
    return add(session, values, axes, name="LL", technique="EELS")


def test_thickness_in_mean_free_paths_and_in_nm(session):
    source = low_loss(session, 0.7)
    found = values_of(session, session.spectra.computing.thickness(source))
    np.testing.assert_allclose(found["Thickness of LL"], 0.7, rtol=1e-3)
    assert unit_of(session, session.dataset("Thickness of LL")) == "t/λ"
    product = session.spectra.computing.thickness(source, 8.0, 100.0)
    assert product.parts[0][0].quantity.unit == "nm"
    np.testing.assert_allclose(product.parts[0][1], 70.0, rtol=1e-3)
    with pytest.raises(TiepointError, match="holds no energy losses"):
        session.spectra.computing.thickness(add_eds(session))


@pytest.mark.realdata
def test_the_thickness_of_a_single_spectrum_is_that_of_exspy(session, realdata):
    hs = pytest.importorskip("hyperspy.api", reason="hyperspy is not installed")
    file = realdata / "eds" / "exspy" / "lowloss_spectrum.msa"
    (source,) = session.add_files([file])
    words = session.spectra.computing.thickness_words(source, 2.9)
    # exspy leaves out the channel at its threshold
    theirs = hs.load(file, signal_type="EELS").estimate_thickness(threshold=3.0).data
    assert words.startswith(f"t/λ = {float(theirs[0]):.3f}")
    assert "2.9 eV" in words
    with pytest.raises(TiepointError, match="holds no energy losses"):
        session.spectra.computing.thickness_words(add_eds(session))


def test_a_band_of_an_optical_spectrum(session):
    axis = Axis(name="Wavelength", size=300, scale=1.0, offset=400.0, unit="nm", role="energy")
    places = axis.offset + np.arange(300)
    shifts = np.linspace(-3, 3, 12).reshape(3, 4)
    values = 10 + 100 * np.exp(-(((places - 550 - shifts[..., None]) / 8) ** 2) / 2)
    axes = (space("y", 3, 1.0), space("x", 4, 1.0), axis)
    source = add(session, values, axes, name="CL", technique="CL")
    product = session.spectra.computing.band(source, (515.0, 585.0))
    area, centre, width = (values for _, values in product.parts)
    np.testing.assert_allclose(area, 100 * 8 * np.sqrt(2 * np.pi), rtol=0.01)
    np.testing.assert_allclose(centre - 550, shifts, atol=0.05)
    np.testing.assert_allclose(width, 8 * 2.3548, rtol=0.01)
    assert [d.quantity.unit for d, _ in product.parts] == ["intensity × nm", "nm", "nm"]


def test_products_are_saved_with_the_project(session, eds, tmp_path):
    product = session.spectra.computing.decomposition(eds, DecomposeOptions(components=2))
    added = add_product(session, product)
    path = tmp_path / "made.tiepoint"
    session.save(path)
    again = Session.open(path)
    for dataset, values in product.parts:
        assert again.dataset(dataset.id) == session.dataset(dataset.id)
        np.testing.assert_array_equal(again.store.array(again.dataset(dataset.id)), values)
    assert again.dataset(added[0].id).derived.operation == "NMF"
    again.close()


@pytest.mark.parametrize(
    "work",
    [
        lambda c, eds, control: c.decomposition(eds, DecomposeOptions(2), control),
        lambda c, eds, control: c.band(eds, (3.0, 4.0), control),
    ],
)
def test_products_can_be_cancelled(session, eds, work):
    control = TaskControl()
    control._stop.set()
    with pytest.raises(Cancelled):
        work(session.spectra.computing, eds, control)


def test_units_of_maps(session, eds):
    plain, net = (
        session.spectra.add_map(session.spectra.line_recipe(eds, "Fe Ka", net=on))
        for on in (False, True)
    )
    assert unit_of(session, plain) == "counts"
    assert unit_of(session, net) == "net counts"
    real = add(
        session,
        np.ones((3, 4, KEV.size)),
        (space("y", 3, 1.0), space("x", 4, 1.0), KEV),
        name="real",
    )
    shown = session.spectra.add_map(session.spectra.line_recipe(real, "Fe Ka"))
    assert unit_of(session, shown) == "intensity"
    assert legend_detail(session, net, (-12.0, 3400.0)) == "−12 to 3,400 net counts"


def test_an_imported_map_can_be_marked_as_made_by_a_model(session):
    axes = (space("y", 3, 1.0), space("x", 4, 1.0))
    classes = add(session, np.zeros((3, 4)), axes, kind="image", name="Confidence")
    assert legend_detail(session, classes, None) == ""
    session.document.apply("Mark", edits.set_model_derived(classes.id, on=True))
    assert legend_detail(session, session.dataset(classes.id), None) == "model-derived"
    assert session.document.undo() == "Mark"
    assert not session.dataset(classes.id).model_derived

"""Named lines on any axis, elements proposed for peaks, fitted backgrounds, previews of maps."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_spectra import KEV, add, add_eds, peaks, space

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Metadata
from tiepoint.session import Session
from tiepoint.session.spectra import naming
from tiepoint.session.spectra.backgrounds import fitted
from tiepoint.session.spectra.kinds import spectroscopy, with_spectra
from tiepoint.session.spectra.suggesting import proposals_at, proposals_in
from tiepoint.spectra.lines import line
from tiepoint.spectra.regions import rectangle_spectrum
from tiepoint.support.errors import TiepointError

EV = Axis(name="Energy loss", size=600, scale=1.0, offset=300.0, unit="eV", role="energy")


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def image(session, axis, technique="EDS", **more):
    values = np.ones((3, 4, axis.size), np.uint16)
    axes = (space("y", 3, 1.0), space("x", 4, 1.0), axis)
    return add(session, values, axes, technique=technique, name=technique, **more)


@pytest.mark.parametrize(
    ("technique", "unit", "kind"),
    [
        ("EDS", "keV", "x-ray"),
        ("EDS", "eV", "x-ray"),
        ("XRF", "eV", "x-ray"),
        ("EELS", "eV", "energy loss"),
        ("TEM", "eV", "energy loss"),
        ("unknown", "keV", "x-ray"),
        ("Raman", "1/cm", "bands"),
        ("CL", "nm", "bands"),
        ("CL", "eV", "bands"),
        ("XPS", "eV", "bands"),
        ("XRD", "deg", "bands"),
        ("optical spectroscopy", "nm", "bands"),
    ],
)
def test_what_peaks_mean(session, technique, unit, kind):
    assert spectroscopy(image(session, KEV.replace(unit=unit), technique)) == kind


def test_datasets_with_spectra_images_first(session):
    one = add(session, np.zeros(400, np.uint32), (KEV,), kind="spectrum", name="one")
    picture = image(session, KEV)
    add(session, np.zeros((3, 4)), (space("y", 3, 1), space("x", 4, 1)), kind="image", name="SEM")
    assert [d.id for d in with_spectra(session.project)] == [picture.id, one.id]


def test_names_become_marks_in_the_unit_of_the_axis(session):
    kev = image(session, KEV)
    marks = naming.marks_of(kev, "Fe, ca kα;")
    assert [m.label for m in marks if m.element == "Ca"] == ["Ca Kα"]
    iron = {m.label: m for m in marks if m.element == "Fe"}
    assert {"Fe Kα", "Fe Kβ", "Fe Lα"} <= set(iron)
    assert iron["Fe Kα"].position == pytest.approx(line("Fe", "Ka").energy_kev)
    assert [m.position for m in marks] == sorted(m.position for m in marks)
    assert {m.colour for m in iron.values()} == {iron["Fe Kα"].colour}
    xrf = image(session, KEV.replace(unit="eV", scale=20.0), "XRF")
    (mark,) = naming.marks_of(xrf, "Fe Ka")
    assert mark.position == pytest.approx(1000 * iron["Fe Kα"].position)
    short = image(session, KEV.replace(size=100))
    assert "Fe Kα" not in {m.label for m in naming.marks_of(short, "Fe")}, "it ends at 2 keV"


def test_edges_and_bands(session):
    loss = image(session, EV, "EELS")
    assert [m.label for m in naming.marks_of(loss, "O K")] == ["O K"]
    assert [m.position for m in naming.marks_of(loss, "O")] == [532.0]
    with pytest.raises(TiepointError, match="drag the window"):
        naming.marks_of(image(session, KEV.replace(unit="nm"), "CL"), "Fe")
    with pytest.raises(TiepointError, match="Qq"):
        naming.marks_of(loss, "O, Qq")


def test_elements_with_a_line_on_the_axis(session):
    found = naming.elements_in_range(image(session, KEV))
    assert {"C", "O", "Fe", "Pb"} <= found
    assert "H" not in found
    assert naming.elements_in_range(image(session, EV, "EELS")) >= {"O", "Fe", "Ti"}
    assert "C" not in naming.elements_in_range(image(session, EV, "EELS")), "below its start"


def test_a_recipe_on_an_axis_in_electronvolts(session):
    xrf = image(session, KEV.replace(unit="eV", scale=20.0), "XRF")
    recipe = session.spectra.line_recipe(xrf, "Fe Ka", net=True)
    moved = naming.on_axis(xrf, recipe)
    assert recipe.unit == "keV"
    assert moved.unit == "eV"
    assert moved.window == pytest.approx([1000 * end for end in recipe.window])
    assert len(moved.background_windows) == 2


# -- proposals ---------------------------------------------------------------------------


def spectrum_of(session, lines, background=20.0, seed=3, **more):
    mean = peaks(KEV.replace(size=600), lines, background)
    values = np.random.default_rng(seed).poisson(mean, (4, 5, 600)).astype(np.uint16)
    axes = (space("y", 4, 1.0), space("x", 5, 1.0), KEV.replace(size=600))
    dataset = add(session, values, axes, **more)
    return dataset, rectangle_spectrum(values, axes, (0, 0, 4, 5))


def of(element, *keys, counts=3000.0):
    """Peaks of some lines of an element in the ratio of their weights."""
    found = {}
    for key in keys:
        one = line(element, key)
        found[one.energy_kev] = counts * one.weight
    return found


def test_elements_that_explain_all_peaks_are_proposed(session):
    lines = {**of("Fe", "Ka", "Kb"), **of("Si", "Ka"), **of("Cu", "Ka", "Kb"), **of("O", "Ka")}
    dataset, spectrum = spectrum_of(session, lines)
    assert {p.element for p in proposals_in(dataset, spectrum)} == {"Fe", "Si", "Cu", "O"}


def test_a_beta_line_does_not_become_another_element(session):
    dataset, spectrum = spectrum_of(session, of("Fe", "Ka", "Kb", counts=20_000.0))
    assert [p.element for p in proposals_in(dataset, spectrum)] == ["Fe"], "and no cobalt"


def test_a_strong_peak_is_not_explained_by_a_weak_line_of_another_element(session):
    """Mg Kα lies between the M lines of gadolinium, whose hard lines are found first."""
    heavy = of("Gd", "La", "Lb1", "Lb2,15", counts=2000.0)
    dataset, spectrum = spectrum_of(session, {**heavy, **of("Mg", "Ka", counts=60_000.0)})
    assert {p.element for p in proposals_in(dataset, spectrum)} == {"Gd", "Mg"}


def test_a_missing_partner_speaks_against_an_element(session):
    dataset, spectrum = spectrum_of(session, of("Ba", "La", "Lb1", "Lb2,15", "Lg1", counts=9000.0))
    first, *others = proposals_at(dataset, spectrum, line("Ba", "La").energy_kev)
    assert first.element == "Ba"
    titanium = next(p for p in others if p.element == "Ti")
    assert titanium.rank < first.rank
    assert "stand" in first.reason


def test_noise_and_bands_get_no_proposals(session):
    dataset, spectrum = spectrum_of(session, {})
    assert proposals_in(dataset, spectrum) == []
    raman = image(session, KEV.replace(unit="1/cm"), "Raman")
    assert proposals_at(raman, spectrum, 3.0) == []


def test_edges_near_a_loss(session):
    loss = image(session, EV, "EELS")
    *_, spectrum = session.spectra.reading.whole(loss)
    labels = [p.label for p in proposals_at(loss, spectrum, 530.0)]
    assert labels[0] == "O K"
    assert all(p.reason.endswith("eV") for p in proposals_at(loss, spectrum, 530.0))


@pytest.mark.realdata
def test_a_real_mineral(session, realdata):
    session.add_files([realdata / "eds" / "P45_the_default_job.bcf"])
    eds = next(d for d in session.project.datasets if d.kind == "spectrum image")
    *_, spectrum = session.spectra.reading.whole(eds)
    found = {p.element for p in proposals_in(eds, spectrum)}
    assert {"O", "Na", "Mg", "Al", "Si", "K", "Ca", "Ti", "Fe"} <= found
    assert len(found) <= 11


def test_elements_named_in_the_file(session):
    named = Metadata(settings={"elements": ["Fe", "Xx", "O"]})
    assert naming.names_of_elements(image(session, KEV, metadata=named)) == ["Fe", "O"]
    assert naming.names_of_elements(image(session, KEV)) == []


# -- backgrounds -------------------------------------------------------------------------


def test_a_linear_background_is_drawn_as_it_is_subtracted(session):
    eds = add_eds(session)
    *_, spectrum = session.spectra.reading.whole(eds)
    recipe = session.spectra.window_recipe(eds, (6.2, 6.6), "linear")
    found = fitted(spectrum, recipe)
    assert found.positions[0] == pytest.approx(recipe.background_windows[0][0], abs=0.02)
    assert found.positions[-1] == pytest.approx(recipe.background_windows[1][1], abs=0.02)
    assert np.ptp(np.diff(found.background) / np.diff(found.positions)) < 1e-6, "a straight line"
    inside = (spectrum.positions >= 6.2 - 1e-9) & (spectrum.positions <= 6.6 + 1e-9)
    under = np.interp(spectrum.positions[inside], found.positions, found.background).sum()
    assert found.gross - found.net == pytest.approx(under, rel=1e-6)
    assert found.sigma > np.sqrt(found.gross)


def test_a_power_law_is_drawn_as_it_is_subtracted(session):
    loss = 1e9 * (EV.offset + np.arange(600)) ** -3.0
    eels = add(
        session,
        np.broadcast_to(loss, (3, 4, 600)).copy(),
        (space("y", 3, 1.0), space("x", 4, 1.0), EV),
        technique="EELS",
    )
    *_, spectrum = session.spectra.reading.whole(eels)
    found = fitted(spectrum, session.spectra.window_recipe(eels, (532.0, 582.0), "power law"))
    exact = 12e9 * found.positions**-3.0
    np.testing.assert_allclose(found.background, exact, rtol=1e-4)
    assert abs(found.net) < 1e-4 * found.gross
    assert found.sigma is None


def test_a_window_without_background_has_no_curve(session):
    eds = add_eds(session)
    *_, spectrum = session.spectra.reading.whole(eds)
    found = fitted(spectrum, session.spectra.window_recipe(eds, (6.6, 6.2)))
    assert found.positions.size == 0
    assert found.net == found.gross


# -- previews ----------------------------------------------------------------------------


def test_a_preview_is_drawn_like_a_dataset_and_is_none(session):
    eds = add_eds(session)
    before = session.project
    recipe = session.spectra.window_recipe(eds, (6.2, 6.6))
    shown = session.spectra.previews.show(recipe, session.spectra.compute(recipe))
    assert session.project is before
    assert session.dataset(shown.id) is shown
    assert session.spectra.previews.stands_for(eds.id)
    values = np.asarray(session.spectra.picture(shown))
    assert values[:, :25].mean() > 5 * values[:, 25:].mean(), "iron is on the left"
    there = session.locating.frame_transform(shown.id, eds.id)
    np.testing.assert_array_equal(there(np.array([[0.0, 1.0, 2.0]])), [[0.0, 1.0, 2.0]])
    other = session.spectra.window_recipe(eds, (3.5, 3.9))
    again = session.spectra.previews.show(other, session.spectra.compute(other))
    assert again.id == shown.id
    assert np.asarray(session.spectra.picture(again))[:, 25:].mean() > 100
    session.spectra.previews.hide(eds.id)
    assert session.spectra.previews.ids() == ()
    with pytest.raises(TiepointError):
        session.dataset(shown.id)


def test_a_preview_has_its_elements_colour_unless_a_map_has_it(session):
    eds = add_eds(session)
    iron = naming.on_axis(eds, session.spectra.line_recipe(eds, "Fe Ka"))
    found = session.spectra.compute(iron)
    own = naming.map_colour("Fe Kα")
    assert session.spectra.previews.show(iron, found).display.colormap == own
    session.spectra.add_map(iron, found.values)
    assert session.spectra.previews.show(iron, found).display.colormap != own

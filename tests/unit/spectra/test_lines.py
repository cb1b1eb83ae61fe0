"""X-ray lines and edges: where they lie and what people may type for them."""

import pytest

from tiepoint.spectra.lines import edge, edges_near, edges_of, line, lines_near, lines_of
from tiepoint.spectra.lines import principal_line as principal
from tiepoint.spectra.notation import parse, parse_edge, parse_line
from tiepoint.support.errors import TiepointError

# J. A. Bearden, Reviews of Modern Physics 39 (1967) 78: energies in keV.
BEARDEN_KEV = {
    "O Ka": 0.5249, "Mg Ka": 1.2536, "Al Ka": 1.4867, "Si Ka": 1.7400, "S Ka": 2.3078,
    "Fe Ka1": 6.40384, "Fe Ka2": 6.39084, "Fe Kb": 7.05798, "Cu Ka1": 8.04778, "Gd La1": 6.0572,
    "Mo Ka1": 17.47934, "Au La1": 9.7133, "Au Ma": 2.1229, "Pb Lb1": 12.6137, "Fe La": 0.7050,
}  # fmt: skip


@pytest.mark.parametrize(("text", "energy"), BEARDEN_KEV.items())
def test_energies_agree_with_an_independent_table(text, energy):
    assert parse_line(text).energy_kev == pytest.approx(energy, rel=6e-3)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Fe Ka", "Fe Kα"),
        ("Fe Kα", "Fe Kα"),
        ("fe ka", "Fe Kα"),
        ("FE KA", "Fe Kα"),
        ("Fe_Ka", "Fe Kα"),
        ("Fe-Kα", "Fe Kα"),
        ("FeKa", "Fe Kα"),
        ("  Fe   K alpha ", "Fe Kα"),
        ("Fe Kα1,2", "Fe Kα"),
        ("Fe Kα₁", "Fe Kα1"),
        ("Fe Kβ1,3", "Fe Kβ"),
        ("Gd La", "Gd Lα"),
        ("Gd Lb", "Gd Lβ1"),
        ("Gd Mg", "Gd Mγ"),
        ("Pb Lb2", "Pb Lβ2,15"),
        ("Fe Ll", "Fe Ll"),
        ("Mg", "Mg Kα"),
        ("mg", "Mg Kα"),
        ("Co", "Co Kα"),
        ("CO KA", "Co Kα"),
        ("Gd", "Gd Lα"),
        ("K", "K Kα"),
        ("InLa", "In Lα"),
        ("BKa", "B Kα"),
        ("okα", "O Kα"),
        ("U Ma", "U Mα"),
        ("O K", "O K"),
        ("o k", "O K"),
        ("K K", "K K"),
        ("Fe L", "Fe L2,3"),
        ("Fe L3", "Fe L3"),
        ("Fe l23", "Fe L2,3"),
        ("Gd M", "Gd M4,5"),
        ("Gd M5", "Gd M5"),
        ("Fe M", "Fe M2,3"),
    ],
)
def test_what_people_type(text, label):
    assert parse(text).label == label


def test_a_shell_is_an_edge_in_eels_and_the_alpha_line_in_eds():
    assert parse_edge("O K").onset_ev == 532.0
    assert parse_line("O K").label == "O Kα"
    assert parse_line("Gd L").label == "Gd Lα"


@pytest.mark.parametrize(
    ("text", "onset"),
    [("B K", 188), ("C K", 284), ("N K", 401), ("O K", 532), ("F K", 685), ("Ti L", 456),
     ("Mn L", 640), ("Fe L", 708), ("La M", 832), ("Gd M", 1185), ("Si L", 99), ("Al K", 1560)],
)  # fmt: skip
def test_onsets_are_those_of_a_solid(text, onset):
    # C. C. Ahn and O. L. Krivanek, EELS Atlas (Gatan, 1983).
    assert parse_edge(text).onset_ev == pytest.approx(onset, abs=5)


def test_an_element_alone_means_its_usual_edge():
    labels = {name: parse_edge(name).label for name in ("O", "Fe", "Gd", "Au", "Si")}
    assert labels == {
        "O": "O K", "Fe": "Fe L2,3", "Gd": "Gd M4,5", "Au": "Au M4,5", "Si": "Si K"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Xx Ka", "not an element symbol"),
        ("Zeta", "not an element symbol"),
        ("", "Name a line"),
        ("Fe Kz", "its lines are Ll, Lα, Lβ1, Kα, Kβ"),
        ("Fe banana", "Fe has no line"),
        ("O Kb", "its lines are Kα"),
        ("H", "no X-ray line"),
        ("H Ka", "emits no X-ray line"),
        ("O L", r"its edges are L1 \(42 eV\), K \(532 eV\)"),
        ("O M4", "O has no edge"),
    ],
)
def test_a_refusal_says_what_there_is(text, words):
    with pytest.raises(TiepointError, match=words):
        parse(text)


def test_an_edge_is_asked_for_where_there_is_none():
    with pytest.raises(TiepointError, match="no edge between"):
        parse_edge("H")


def test_a_group_lies_between_its_members():
    group, one, two = (line("Fe", key) for key in ("Ka", "Ka1", "Ka2"))
    assert group.energy_kev == pytest.approx((2 * one.energy_kev + two.energy_kev) / 3, abs=2e-4)
    assert group.weight == 1.0
    assert group.weight == pytest.approx(one.weight + two.weight)
    assert 0.1 < line("Fe", "Kb").weight < 0.2


def test_lines_of_an_element_stop_at_the_end_of_the_axis():
    names = [one.name for one in lines_of("gd", 10.0)]
    assert "Kα" not in names
    assert {"Lα", "Lβ1", "Mα"} <= set(names)
    energies = [one.energy_kev for one in lines_of("Gd")]
    assert energies == sorted(energies)


def test_the_nearest_line_comes_first():
    near = [one.label for one in lines_near(6.40, 0.1)]
    assert near[0] == "Fe Kα"
    assert "Mn Kβ" in near
    assert lines_near(6.40, 0.1, min_weight=0.5)[-1].weight >= 0.5
    assert edges_near(532.0, 5)[0].label == "O K"


def test_the_principal_line_respects_the_limit():
    assert principal("Mo").label == "Mo Lα"
    assert principal("Mo", 20).label == "Mo Kα"
    with pytest.raises(TiepointError, match=r"no α line up to 0\.1 keV; it has Kα 0\.525 keV"):
        principal("O", 0.1)


def test_edges_are_listed_by_rising_loss_and_exist_or_not():
    assert [one.label for one in edges_of("O")] == ["O L1", "O K"]
    assert edge("O", "L3") is not None
    assert edge("O", "M4,5") is None
    assert edge("Fe", "M") == edge("Fe", "M2,3")

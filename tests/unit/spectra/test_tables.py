"""Our lines and edges (Elam's tables) against those of exspy and of the X-ray Data Booklet."""

import warnings

import pytest

from tiepoint.spectra import atoms
from tiepoint.spectra.lines import edge, line

KEYS = {"Ka": "Ka1", "Kb": "Kb", "La": "La", "Lb1": "Lb1", "Lb2": "Lb2,15", "Lg1": "Lg1",
        "Ll": "Ll", "Ma": "Ma", "Mb": "Mb", "Mg": "Mg", "Mz": "Mz"}  # fmt: skip

# Where the two tables differ by more than the rule: M lines of the lanthanides, which are broad and
# shift with the bond; M lines of short-lived elements, which nobody has measured.
DOUBTFUL_LINES = {
    *((name, key) for name in ("La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd")
      for key in ("Ma", "Mb", "Mz", "Mg")),
    *((name, key) for name in ("Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U")
      for key in ("Mz", "Mg", "Mb", "Ma", "Lb2")),
}  # fmt: skip
DOUBTFUL_LINES |= {(name, "Mz") for name in ("Hg", "Tl", "Pb", "Bi")}  # 1 % apart
DOUBTFUL_EDGES = {("At", "N4"), ("At", "N5"), ("Lu", "N4")}
ACTINIDES = {"Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am"}

BOOKLET_M_ALPHA = {"La": 833, "Ce": 883, "Pr": 929, "Nd": 978, "Sm": 1081, "Eu": 1131, "Gd": 1185}
"""Mα in eV: A. Thompson et al., X-ray Data Booklet (LBNL, 2009), table 1-2."""


@pytest.fixture(scope="module")
def rival():
    """What exspy says of each element."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        material = pytest.importorskip("exspy.material", reason="exspy is not installed")
    found = {}
    for name in atoms.symbols():
        if name in material.elements:
            found[name] = material.elements[name].as_dictionary()["Atomic_properties"]
    return found


def test_lines_of_all_elements(rival):
    compared, wrong = 0, []
    for name, facts in rival.items():
        for key, entry in facts.get("Xray_lines", {}).items():
            ours = line(name, KEYS[key]) if key in KEYS else None
            if ours is None or (name, key) in DOUBTFUL_LINES:
                continue
            theirs = 1000 * entry["energy (keV)"]
            compared += 1
            if abs(1000 * ours.energy_kev - theirs) > max(15.0, 0.005 * theirs):
                wrong.append((name, key, theirs, 1000 * ours.energy_kev))
    assert not wrong
    assert compared > 500


def test_edges_of_all_elements(rival):
    compared, wrong = 0, []
    for name, facts in rival.items():
        for shell, entry in facts.get("Binding_energies", {}).items():
            ours = edge(name, shell)
            outer = name in ACTINIDES and shell[0] in "NO"
            if ours is None or (name, shell) in DOUBTFUL_EDGES or outer:
                continue
            theirs = entry["onset_energy (eV)"]
            compared += 1
            if abs(ours.onset_ev - theirs) > max(8.0, 0.02 * theirs):
                wrong.append((name, shell, theirs, ours.onset_ev))
    assert not wrong
    assert compared > 430


@pytest.mark.parametrize("name", BOOKLET_M_ALPHA)
def test_m_lines_of_the_lanthanides_follow_the_booklet(name):
    assert 1000 * line(name, "Ma").energy_kev == pytest.approx(BOOKLET_M_ALPHA[name], abs=22)

import pytest

from tiepoint.geometry.tilt import cross_section_stretch, foreshortening


@pytest.mark.parametrize(("tilt", "factor"), [(0, 1.0), (52, 1.6243), (54, 1.7013), (70, 2.9238)])
def test_foreshortening(tilt, factor):
    assert foreshortening(tilt) == pytest.approx(factor, abs=5e-5)
    assert foreshortening(-tilt) == foreshortening(tilt)


def test_cross_section_stretch():
    assert cross_section_stretch(52) == pytest.approx(1.2690, abs=5e-5)


@pytest.mark.parametrize("tilt", [90, 120, float("nan")])
def test_a_surface_seen_edge_on_is_refused(tilt):
    with pytest.raises(ValueError, match="cannot be seen"):
        foreshortening(tilt)


@pytest.mark.parametrize("tilt", [0, -10, float("inf")])
def test_a_cross_section_seen_edge_on_is_refused(tilt):
    with pytest.raises(ValueError, match="cannot be seen"):
        cross_section_stretch(tilt)

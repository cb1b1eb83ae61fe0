"""The pictures show the truth: bodies where the landmarks say, contrast as it should be."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass, label

from tiepoint.demo import Sizes, make_twin
from tiepoint.demo.ct import scan
from tiepoint.demo.eds import element_spectrum, energies_kev, resolution_kev, spectrum_image
from tiepoint.demo.light import light_image
from tiepoint.demo.phases import Phase
from tiepoint.demo.sem import sem_image
from tiepoint.demo.sem_shape import scene
from tiepoint.demo.stem import haadf_image, phase_fractions


@pytest.fixture(scope="module")
def twin():
    return make_twin(8, Sizes(ct=64, sem=256, haadf=384, eds=48, light=256))


@pytest.fixture(scope="module")
def fractions(twin):
    return phase_fractions(twin)


def test_haadf_shows_precipitates_at_the_landmarks(twin, fractions):
    image = haadf_image(twin, fractions)
    assert image.dtype == np.uint16
    bodies, _ = label(image > 1.6 * np.median(image[image > 4000]))
    pairs = twin.landmarks("stem", "ct_000min")
    index = pairs.moving / twin.sizes.haadf_pixel_nm
    for name, at in zip(pairs.names, index, strict=True):
        if name != "P5":  # the pore
            number = bodies[tuple(np.round(at).astype(int))]
            assert number, name
            centre = center_of_mass(bodies == number)
            assert np.linalg.norm(centre - at) * 12.8 / 384 < 0.3, name  # µm
    pore = index[pairs.names.index("P5")]
    assert image[tuple(np.round(pore).astype(int))] < 0.5 * np.median(image)


def test_scans_show_bulk_landmarks_through_the_drift(twin):
    volume = scan(twin, "ct_045min")
    assert volume.dtype == np.uint16
    matrix = np.median(volume[40:60, 24:40, 24:40])
    for mark in twin.all_landmarks:
        if mark.name[0] == "B":
            index = np.round(twin.locate(mark.position_zyx_um, "ct_045min") / 1.5).astype(int)
            ratio = volume[tuple(index)] / matrix
            assert ratio > 1.2 if "Gd" in mark.kind else ratio < 0.85, mark.name
    assert volume[0].mean() < 0.5 * matrix  # liquid above the wire
    assert volume[50, 2, 2] < 0.6 * matrix


def test_sem_shows_wall_face_and_flank(twin):
    seen = scene(twin)
    for surface in (seen.end_face, seen.wall, seen.flank, seen.cut):
        assert surface.sum() > 30
    assert not (seen.wall & seen.end_face).any()
    pairs = twin.landmarks("sem", "stem")
    for at in np.round(pairs.moving / twin.sizes.sem_pixel_nm).astype(int):
        assert seen.wall[tuple(at)]
    marks = twin.landmarks("sem", "light")
    for name, at in zip(marks.names, marks.moving / twin.sizes.sem_pixel_nm, strict=True):
        y, x = np.round(at).astype(int)
        assert (seen.end_face if name[0] == "S" else seen.cut)[y - 1 : y + 2, x].any(), name
    image = sem_image(twin)
    assert image.dtype == np.uint8
    assert image[seen.end_face].mean() > 2 * image[~seen.wire].mean()


def test_light_image_shows_marks_dark_on_bright_metal(twin):
    image = light_image(twin).astype(float)
    assert image.shape == (192, 256, 3)
    metal = np.median(image[80:110, 110:140].mean(axis=-1))
    pairs = twin.landmarks("light", "ct_000min")
    for at in np.round(pairs.moving / twin.sizes.light_pixel_um).astype(int):
        assert image[tuple(at)].mean() < 0.75 * metal


def test_maps_show_the_elements_where_they_are(twin, fractions):
    cube = spectrum_image(twin, fractions)
    assert cube.dtype == np.uint8
    energy = energies_kev(cube.shape[2])
    share = fractions.reshape(8, 36, 8, 48, 8).mean(axis=(2, 4))

    def mean_counts(low, high, phase):
        window = cube[..., (energy >= low) & (energy <= high)].sum(axis=-1)
        return window[share[phase] > 0.99].mean()

    gadolinium = mean_counts(5.95, 6.17, Phase.GD_RICH)
    assert gadolinium > 8 * mean_counts(5.95, 6.17, Phase.MATRIX)
    assert mean_counts(3.6, 3.78, Phase.CALCIUM_PHOSPHATE) > 10 * mean_counts(
        3.6, 3.78, Phase.HYDROXIDE
    )
    assert mean_counts(0.46, 0.59, Phase.HYDROXIDE) > 5 * mean_counts(0.46, 0.59, Phase.MATRIX)
    total = cube.sum(axis=-1)[share[Phase.MATRIX] > 0.99].mean()
    assert 250 < total < 700


@pytest.mark.parametrize(
    ("element", "line_kev"),
    [("Mg", 1.254), ("O", 0.525), ("Gd", 6.057), ("Ca", 3.692), ("P", 2.014)],
)
def test_strongest_line_above_half_a_kev(element, line_kev):
    energy = energies_kev(1024)
    window = energy > (5.5 if element == "Gd" else 0.4)
    found = energy[window][np.argmax(element_spectrum(element, 1024)[window])]
    assert found == pytest.approx(line_kev, abs=0.011)


def test_detector_resolution():
    at_mn, at_o = resolution_kev(np.array([5.8951, 0.525]))
    assert at_mn == pytest.approx(0.130, abs=1e-6)
    assert at_o == pytest.approx(np.sqrt(0.130**2 - 2.5e-3 * 5.3701), abs=1e-6)

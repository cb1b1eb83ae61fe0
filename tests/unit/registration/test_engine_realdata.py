"""Landmark pairs clicked on real images, with what is known about them."""

import re
import zipfile

import numpy as np
import pytest

from tiepoint.registration import confidence_ellipses, ellipse_factor, fit, judge, suggest_model

pytestmark = pytest.mark.realdata


def table(path):
    """Return {index: (y, x)} of a table whose first column numbers the points."""
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    return {int(row[0]): row[[2, 1]] for row in rows}


def matched(moving, fixed):
    both = sorted(moving.keys() & fixed.keys())
    return np.array([moving[i] for i in both]), np.array([fixed[i] for i in both])


def median(vectors):
    return float(np.median(np.linalg.norm(vectors, axis=1)))


def codes(result):
    return {warning.code for warning in result.warnings}


@pytest.fixture
def phantoms(realdata):
    return realdata / "landmarks/Borda+BIRL/data-images/landmarks"


@pytest.fixture
def kidney(realdata):
    folder = realdata / "multimodal/histology_pairs_landmarks/rat-kidney_/scale-5pc"
    moving, fixed = (
        table(folder / "Rat-Kidney_HE.csv"),
        table(folder / "Rat-Kidney_PanCytokeratin.csv"),
    )
    assert len(moving) != len(fixed)
    return matched(moving, fixed)


@pytest.mark.parametrize(
    ("name", "inside", "outside"), [("affine", 0.96, 1.29), ("rigid", 1.45, 1.79)]
)
def test_phantoms(phantoms, name, inside, outside):
    moving = table(phantoms / f"artificial_moving-{name}.csv")
    result = fit(*matched(moving, table(phantoms / "artificial_reference.csv")), "affine")
    assert median(result.residuals) == pytest.approx(inside, abs=0.01)
    assert median(result.left_out) == pytest.approx(outside, abs=0.01)
    assert result.left_out_rms < 2.1


def test_kidney_tables_of_unequal_length(kidney):
    result = fit(*kidney, "affine")
    assert result.n == 69
    assert median(result.left_out) <= 3.9
    assert set(result.flagged) == {"51", "56"}
    assert "too_simple" in codes(fit(*kidney, "similarity"))
    (chosen,) = [each.model for each in suggest_model(*kidney) if each.suggested]
    assert chosen == "affine"


def test_unseen_kidney_landmarks_lie_in_their_ellipses(kidney):
    # An unseen landmark was clicked itself: its own error adds to that of the prediction.
    moving, fixed = kidney
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(150):
        chosen = rng.permutation(len(moving))
        seen, unseen = chosen[:12], chosen[12:]
        result = fit(moving[seen], fixed[seen], "affine")
        answer = result.predict(moving[unseen])
        covariances = answer.covariances + result.sigma**2 * np.eye(2)
        miss = fixed[unseen] - answer.positions
        distance = np.einsum("nk,nkl,nl->n", miss, np.linalg.inv(covariances), miss)
        hits.append(distance <= ellipse_factor(2, result.nu))
    assert np.concatenate(hits).mean() >= 0.88
    assert confidence_ellipses(covariances, result.nu).semi_axes.shape == (57, 2)


def test_histology_and_micro_ct_of_a_rat_jaw(realdata):
    folder = realdata / "multimodal/histology_microct_ratjaw"
    fixed = np.loadtxt(folder / "microct_pts.txt", skiprows=2)[:, ::-1]
    lines = re.findall(r"OutputPoint = \[ ([^\]]*)\]", (folder / "outputpoints.txt").read_text())
    moving = np.array([[float(word) for word in line.split()] for line in lines])[:, ::-1]
    assert moving.shape == fixed.shape == (46, 2)
    result = fit(moving, fixed, "affine")
    assert median(result.left_out) < 4.5
    assert result.flagged == ()


def test_a_histology_section_in_a_micro_ct_volume(realdata):
    path = realdata / "multimodal/histology_microct_ratjaw/manual_matched_points_matlabimport.xlsx"
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    cells = [
        [float(value) for value in re.findall(r't="n"><v>([^<]*)</v>', row)]
        for row in re.findall(r"<row .*?</row>", sheet)
    ]
    rows = np.array([row for row in cells if len(row) == 7])
    assert len(rows) == 50
    result = fit(rows[:, [2, 1]], rows[:, [5, 4, 3]], "section")
    assert result.form.scale(result.theta) == pytest.approx(0.48, abs=0.01)
    assert median(result.left_out) < 10
    assert set(result.flagged) == {"30", "39"}
    assert judge(result).level == "poor"


def test_ebsd_on_secondary_electrons(realdata):
    folder = realdata / "landmarks/lambjames18+tps-image-registration-gui/demo_data/2D"
    ebsd = np.loadtxt(folder / "source_pts.txt")[:, 1:] * 1.5
    electrons = np.loadtxt(folder / "destination_pts.txt")[:, 1:] * 0.52083333
    similar = fit(ebsd, electrons, "similarity", unit="µm")
    assert "scale" in codes(similar)
    assert judge(fit(ebsd, electrons, "rigid", unit="µm")).level == "poor"
    affine = fit(ebsd, electrons, "affine", unit="µm")
    assert affine.warnings[0].sentence == "markers lie almost on a line: error across it is ×20"
    assert median(affine.left_out) < 5


def test_points_that_contradict_their_readme(realdata):
    folder = realdata / "multimodal/bse_ebsd_tps"
    ebsd = np.loadtxt(folder / "distorted_pts.txt")[:, 1:] * 2.5
    electrons = np.loadtxt(folder / "control_pts.txt")[:, 1:] * 1.0
    for model in ("rigid", "similarity", "affine"):
        result = fit(ebsd, electrons, model, unit="µm")
        assert "scale" in codes(result)
        assert judge(result).level in {"check", "poor"}


def test_strain_map_on_ebsd(realdata):
    path = realdata / "multimodal/ebsd_hrdic_ni/homologous_points.csv"
    points = np.loadtxt(path, delimiter=",", skiprows=1)
    strain = points[:, [1, 0]] * 12 * 20 / 2048  # 12 px per vector, 20 µm on 2048 px
    ebsd = points[:, [3, 2]] * 0.12
    rigid = fit(strain, ebsd, "rigid", unit="µm")
    assert rigid.left_out_rms < 0.8
    assert "scale" not in codes(rigid)
    affine = fit(strain, ebsd, "affine", unit="µm")
    assert affine.nu == 2
    assert "hardly any redundancy" in judge(affine).reasons[0][0]
    assert affine.residual_rms < 0.1 < affine.left_out_rms


def test_3dct_example_promises_nothing(realdata):
    path = realdata / "landmarks/coraxx+3DCT/examples/transform/2020-04-24_15-03-41_correlation.txt"
    words = [line.split() for line in path.read_text().splitlines()]
    rows = np.array([each for each in words if len(each) == 10 and "#" not in each], float)
    assert rows.shape == (4, 10)
    moving, fixed = rows[:, [2, 1, 0]], rows[:, [7, 6]]
    result = fit(moving, fixed, "projection")
    assert result.residual_rms == pytest.approx(0.07, abs=0.005)
    assert result.form.scale(result.theta) == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_allclose(result.predict(moving).positions, rows[:, [4, 3]], atol=0.02)
    assert result.left_out_rms > 3 * result.residual_rms
    verdict = judge(result)
    assert verdict.level == "check"
    assert "ν = 2: hardly any redundancy" in verdict.reasons[0][0]
    # The four markers lie in one plane, which leaves a second pose.
    assert "branches" in codes(result)

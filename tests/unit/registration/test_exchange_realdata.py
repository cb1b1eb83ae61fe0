"""The formats as other programs really wrote them."""

import numpy as np
import pytest

from tiepoint.registration.exchange import (
    match_points,
    read_correlation,
    read_pairs,
    read_points,
    read_transform,
)
from tiepoint.support.errors import TiepointError

pytestmark = pytest.mark.realdata

BIRL = "landmarks/Borda+BIRL/data-images/landmarks"
BIGWARP = "landmarks/saalfeldlab+bigwarp/src/test/resources"
RATJAW = "multimodal/histology_microct_ratjaw"


def test_bigwarp_tables(realdata):
    blobs = read_pairs(realdata / BIGWARP / "landmarks2d-blobs.csv")
    assert blobs.format.startswith("BigWarp")
    assert len(blobs.pairs) == 5
    assert blobs.pairs[0].moving == pytest.approx((104, 47.5))
    assert len(read_pairs(realdata / BIGWARP / "testPoints.csv").pairs) == 5


def test_tdct_transform_reproduces_its_own_table(realdata):
    folder = realdata / "landmarks/coraxx+3DCT/examples/transform"
    found = read_correlation(folder / "2020-04-24_15-03-41_correlation.txt")
    pairs = found.table.pairs
    assert (len(pairs), found.rms_px, found.table.pixels) == (4, 0.07, True)
    assert pairs[0].moving == (49.12, 27.28, 87.12)
    assert pairs[0].fixed == (15.60, 35.52)
    predicted = found.moving_to_fixed(np.array([pair.moving for pair in pairs]))
    residual = predicted - [pair.fixed for pair in pairs]
    assert np.sqrt((residual**2).sum(1).mean()) == pytest.approx(0.07, abs=0.015)
    read = read_transform(folder / "2020-04-24_15-03-41_correlation.txt")
    assert (read.moving_to_fixed.n_in, read.moving_to_fixed.n_out) == (3, 2)


@pytest.mark.parametrize("kind", ["affine", "rigid"])
def test_birl_csv_and_pts_agree(realdata, kind):
    folder = realdata / BIRL
    csv = read_points(folder / f"artificial_moving-{kind}.csv")
    pts = read_points(folder / f"artificial_moving-{kind}.pts")
    assert csv.named
    np.testing.assert_array_equal(csv.points, pts.points)
    table = match_points(csv, read_points(folder / "artificial_reference.csv"))
    assert len(table.pairs) == 12
    assert table.pairs[0].fixed == (122, 144)


def test_kidney_tables_of_unequal_length_pair_by_index(realdata):
    folder = realdata / "multimodal/histology_pairs_landmarks/rat-kidney_/scale-5pc"
    moving = read_points(folder / "Rat-Kidney_PanCytokeratin.csv")
    fixed = read_points(folder / "Rat-Kidney_HE.csv")
    assert sorted([len(moving.points), len(fixed.points)]) == [69, 71]
    table = match_points(moving, fixed)
    assert len(table.pairs) == 69
    assert any("2 fixed points have no partner" in warning for warning in table.warnings)
    shift = np.array([p.fixed for p in table.pairs]) - [p.moving for p in table.pairs]
    assert np.abs(shift).max() < 80


def test_ebsd_points_with_headers_of_their_own(realdata):
    table = read_pairs(realdata / "multimodal/ebsd_hrdic_ni/homologous_points.csv")
    assert table.pairs[0].moving == (72, 36)
    assert table.pairs[0].fixed == (95, 68)
    assert table.warnings


def test_tribeam_points_have_a_slice_column(realdata):
    folder = realdata / "landmarks/lambjames18+tps-image-registration-gui/demo_data/2D"
    columns = ("slice", "x", "y")
    source = read_points(folder / "source_pts.txt", columns=columns)
    target = read_points(folder / "destination_pts.txt", columns=columns)
    assert len(match_points(source, target).pairs) == 7


def test_ratjaw_bspline_is_refused_with_the_way_round_it(realdata):
    with pytest.raises(TiepointError, match=r"BSpline deformation.*outputpoints"):
        read_transform(realdata / RATJAW / "TransformParameters.0.txt")


def test_ratjaw_transformix_points(realdata):
    table = read_pairs(realdata / RATJAW / "outputpoints.txt")
    assert len(table.pairs) == 46
    assert table.pairs[0].fixed == (303, 745)
    assert table.pairs[0].moving == pytest.approx((299.951038, 749.600479))
    points = read_points(realdata / RATJAW / "microct_pts.txt")
    assert np.abs(points.points - [pair.fixed for pair in table.pairs]).max() <= 0.5001


def test_spots(realdata):
    spots = read_points(realdata / "landmarks/delmic+odemis/src/odemis/util/test/spotdata.csv")
    assert spots.points.shape == (1000, 2)

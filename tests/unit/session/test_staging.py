"""Separate SEM images of one microscope, placed by the stage positions in their files."""

import numpy as np
import pytest
import tifffile
from tiny_files import BYTES

from tiepoint.session import Session
from tiepoint.support.errors import TiepointError


def image(folder, name, x_mm, y_mm, *, hfw_um=34.0, tilt=0.0, beam="EBeam", system="Helios"):
    path = folder / f"{name}.tif"
    text = (
        f"[System]\r\nSystemType={system}\r\n[Beam]\r\nBeam={beam}\r\nScan=EScan\r\n"
        f"[{beam}]\r\nHFW={hfw_um * 1e-6}\r\n[Scan]\r\nPixelWidth={hfw_um / 34 * 1e-6}\r\n"
        f"PixelHeight={hfw_um / 34 * 1e-6}\r\n[Stage]\r\nStageX={x_mm / 1e3}\r\n"
        f"StageY={y_mm / 1e3}\r\nStageZ=0.004\r\nStageR=0.5\r\nStageT={tilt}\r\n"
        "[Image]\r\nResolutionX=34\r\nResolutionY=21\r\n"
    )
    tifffile.imwrite(path, BYTES, extratags=[(34682, 2, 0, text, True)], metadata=None)
    return path


@pytest.fixture
def session():
    found = Session()
    yield found
    found.close()


def middle(dataset):
    return np.array([a.offset + a.scale * (a.size - 1) / 2 for a in dataset.spatial_axes])


def test_a_second_image_lands_where_the_stage_was(session, tmp_path):
    session.add_files([
        image(tmp_path, "overview", 1.0, -2.0, hfw_um=340.0),
        image(tmp_path, "detail", 1.05, -1.98),
    ])  # fmt: skip
    overview, detail = (session.dataset(name) for name in ("overview", "detail"))
    assert [d.name for d in session.staging.partners("detail")] == ["overview"]
    registration = session.staging.place("detail")
    assert registration.found.method == "stage"
    assert "± 20 µm" in registration.found.sentence
    (where,) = session.locating.locate("detail", "overview", middle(detail)[None])
    # 50 µm to the right and 20 µm up, which is down in rows
    np.testing.assert_allclose(where.position - middle(overview), (-20.0, 50.0), atol=1e-6)
    assert session.locating.state(detail.id).startswith("by stage ± 24")
    session.document.undo()
    assert session.locating.state(detail.id) == "not registered"


def test_landmarks_take_precedence(session, tmp_path):
    from tiepoint.model.registration import LandmarkPair

    session.add_files([image(tmp_path, "a", 1.0, -2.0), image(tmp_path, "b", 1.01, -2.0)])
    registration = session.staging.place("b")
    pairs = [
        LandmarkPair(name=f"P{n}", moving=p, fixed=(p[0] + 3, p[1] + 4))
        for n, p in enumerate([(1.0, 2.0), (15.0, 3.0), (7.0, 20.0), (18.0, 25.0)])
    ]
    session.add_pairs(registration.id, pairs)
    (where,) = session.locating.locate("b", "a", np.array([[5.0, 5.0]]))
    np.testing.assert_allclose(where.position, (8.0, 9.0), atol=1e-6)


@pytest.mark.parametrize("other", [{"tilt": 0.9}, {"beam": "IBeam"}, {"system": "Quanta"}], ids=str)
def test_other_geometry_is_not_placed(session, tmp_path, other):
    session.add_files([image(tmp_path, "a", 1.0, -2.0), image(tmp_path, "b", 1.0, -2.0, **other)])
    assert session.staging.partners("b") == []
    with pytest.raises(TiepointError, match="No other image"):
        session.staging.place("b")

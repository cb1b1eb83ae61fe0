"""Readers of files that do not say everything: meshes and raw volumes."""

import numpy as np
import pytest
from tiny_files import VOLUME

from tiepoint.data.answers import MissingAnswer
from tiepoint.data.opening import open_file
from tiepoint.support.errors import TiepointError

DESCRIBED = {
    "columns": "34", "rows": "21", "slices": "5", "numbers": "16 bit unsigned",
    "order": "little-endian (PC)", "header_bytes": "16", "voxel": "0.5", "unit": "µm",
}  # fmt: skip


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "scan_34x21x5.raw"
    path.write_bytes(b"x" * 16 + VOLUME.tobytes())
    return path


@pytest.fixture
def cube(tmp_path):
    import trimesh

    path = tmp_path / "cube.stl"
    mesh = trimesh.creation.box(extents=(10, 20, 40))
    mesh.apply_translation((5.03, 10.03, 20.03))
    mesh.export(path)
    return path


def test_a_raw_volume_is_asked_for_with_a_preview(raw):
    with pytest.raises(MissingAnswer, match="does not say its size") as caught:
        open_file(raw)
    question = caught.value.question
    suggested = {ask.key: ask.suggestion for ask in question.asks}
    assert (suggested["columns"], suggested["slices"]) == ("34", "5"), "from the file's name"
    assert suggested["voxel"] == "", "never a default"
    np.testing.assert_array_equal(question.preview(DESCRIBED), VOLUME[2])
    with pytest.raises(TiepointError, match="need"):
        question.preview({**DESCRIBED, "slices": "500"})


def test_a_described_raw_volume_has_its_values_and_size(raw):
    (draft,) = open_file(raw, answers=DESCRIBED)[1]
    np.testing.assert_array_equal(draft.array[...], VOLUME)
    assert [(a.scale, a.unit) for a in draft.axes] == [(0.5, "µm")] * 3
    assert draft.answers == DESCRIBED
    assert draft.warnings == ()
    fewer = open_file(raw, answers={**DESCRIBED, "slices": "4"})[1][0]
    assert "left over" in fewer.warnings[0]


def test_a_mesh_is_a_shell_in_the_unit_that_a_person_gives(cube):
    with pytest.raises(MissingAnswer, match="unit"):
        open_file(cube)
    (draft,) = open_file(cube, answers={"unit": "mm"})[1]
    assert draft.kind == "mesh"
    low = [a.offset - a.scale / 2 for a in draft.axes]
    high = [a.offset + a.scale * (a.size - 0.5) for a in draft.axes]
    assert np.all(np.array(low) <= 0.03)
    np.testing.assert_allclose(high, (40.03, 20.03, 10.03), atol=0.2)
    values = draft.array[...]
    assert set(np.unique(values)) == {0, 1}
    middle = values[values.shape[0] // 2]
    assert middle[0].all(), "the wall is closed"
    assert middle[-1].all()
    assert not middle[5:-5, 5:-5].any(), "and hollow"


def test_a_mesh_without_triangles_is_refused(tmp_path):
    path = tmp_path / "points.obj"
    path.write_text("v 0 0 0\nv 1 0 0\n")
    with pytest.raises(TiepointError, match=r"triangles|no mesh"):
        open_file(path, answers={"unit": "mm"})


def test_the_project_keeps_the_answers(cube, tmp_path):
    from tiepoint.session import Session

    session = Session()
    (dataset,) = session.add_datasets(session.datasets_in(cube, {"unit": "mm"}))
    assert dataset.link.answers == {"unit": "mm"}
    session.save(tmp_path / "p.tiepoint")
    session.close()
    again = Session.open(tmp_path / "p.tiepoint")
    assert again.store.array(again.project.datasets[0])[...].any()
    again.close()

"""What other programs get to read of a project."""

from __future__ import annotations

import csv
import io
import json
import logging

import h5py
import numpy as np
import pytest
import tiny_points
from tiny_files import MAKERS

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair, Registration, StoredTransform
from tiepoint.project.nexus_placements import placement_of
from tiepoint.registration.exchange.ngff_json import read_ngff
from tiepoint.session import Session
from tiepoint.session.exporting import (
    Experiment,
    export_crate,
    export_ngff,
    export_nxem,
    export_tables,
)
from tiepoint.session.exporting_atom_probe import AtomProbeExperiment, export_nxapm
from tiepoint.support.errors import TiepointError

TURN = np.radians(30.0)
RIGID = [[np.cos(TURN), -np.sin(TURN), 30.0], [np.sin(TURN), np.cos(TURN), 40.0]]
EXPERIMENT = Experiment("2024-05-01T10:00:00+02:00", "2024-04-30T08:00:00Z", "Fe, Cr")


def image(name, unit="nm", **fields):
    axes = tuple(Axis(name=n, size=20, scale=2.0, unit=unit) for n in ("y", "x"))
    return Dataset(id=name.lower(), name=name, axes=axes, frame=f"f{name}", **fields)


def project(matrix=RIGID):
    pair = LandmarkPair(id="p", name="@cmd", moving=(1.0, 2.0), fixed=(3.0, 4.0))
    result = StoredTransform(moving_to_fixed={"type": "affine", "affine": matrix})
    return Project(
        name="Steel",
        sample="316L",
        datasets=(image("SEM"), image("LM")),
        registrations=(
            Registration(id="r", moving="sem", fixed="lm", model="rigid", pairs=(pair,),
                         result=result),
        ),
        regions=(
            Region(id="a", name="=1+1", shape="line", dataset="sem", note="-x\n", author="+Ada",
                   tags=("\tb",), vertices=((1.0, 2.0), (3.0, 4.0))),
        ),
    )  # fmt: skip


@pytest.fixture
def session():
    found = Session(project())
    found.thumbnails.adopt({"thumbnail/sem": np.ones((5, 5), np.float32)})
    yield found
    found.close()


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def test_no_cell_of_a_table_is_a_formula(session, tmp_path):
    landmarks, regions = export_tables(session.project, tmp_path)
    rows = rows_of(landmarks)
    assert rows[0]["name"] == "'@cmd"
    assert (rows[0]["moving_z"], rows[0]["moving_y"], rows[0]["fixed_x"]) == ("", "1", "4")
    assert (rows[0]["moving_unit"], rows[0]["active"]) == ("nm", "1")
    rows = rows_of(regions)
    assert [row["vertex"] for row in rows] == ["1", "2"]
    assert (rows[0]["region"], rows[0]["note"], rows[0]["author"], rows[0]["tags"]) == (
        "'=1+1", "'-x\n", "'+Ada", "'\tb",
    )  # fmt: skip


def test_a_scene_holds_every_system_and_registration(session, tmp_path):
    assert export_ngff(session.project, tmp_path / "t.json") == []
    scene = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["ome"]["scene"]
    assert [system["name"] for system in scene["coordinateSystems"]] == ["SEM", "LM"]
    assert scene["coordinateSystems"][0]["axes"][0]["unit"] == "nanometer"
    found = read_ngff(tmp_path / "t.json")
    points = np.array([[1.0, 2.0], [50.0, 7.0]])
    wanted = from_rfc5(session.project.registrations[0].result.moving_to_fixed)(points)
    np.testing.assert_allclose(found.moving_to_fixed(points), wanted)


def test_a_registration_without_transform_is_named(tmp_path):
    bare = project().replace(
        registrations=(Registration(moving="sem", fixed="lm", problem="Too few pairs."),)
    )
    assert export_ngff(bare, tmp_path / "t.json") == ["SEM → LM has no transform: Too few pairs."]


def test_a_crate_is_read_by_another_library(session, tmp_path):
    session.document.author = "Ada Lovelace"
    written = export_crate(session, tmp_path / "crate", "https://spdx.org/licenses/CC-BY-4.0")
    metadata = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_text("utf-8"))
    entities = {entity["@id"]: entity for entity in metadata["@graph"]}
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = entities["./"]
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    for part in root["hasPart"]:
        assert (tmp_path / "crate" / part["@id"]).stat().st_size == int(
            entities[part["@id"]]["contentSize"]
        )
    referenced = {item["@id"] for key in ("hasPart", "mentions") for item in root[key]}
    assert referenced <= entities.keys()
    assert len(written) == 5
    assert "Ada" not in (tmp_path / "crate" / "regions.csv").read_text("utf-8")
    with pytest.raises(TiepointError, match="holds a crate already"):
        export_crate(session, tmp_path / "crate")
    rocrate = pytest.importorskip("rocrate.rocrate", reason="needs rocrate to read the crate")
    crate = rocrate.ROCrate(tmp_path / "crate")
    assert crate.root_dataset["name"] == "Steel"
    assert len(crate.root_dataset["hasPart"]) == 4


def complaints(path):
    """Return what the NeXus library says against a file, by the base classes."""
    validate = pytest.importorskip(
        "nexusformat.nexus.validate", reason="needs nexusformat to check NeXus files"
    )
    heard = []

    class Ear(logging.Handler):
        def emit(self, record):
            if record.levelno in (logging.WARNING, logging.ERROR):
                heard.append(record.getMessage())

    ear = Ear()
    validate.logger.addHandler(ear)
    try:
        validate.validate_file(str(path), None)
    finally:
        validate.logger.removeHandler(ear)
    return heard


def missing_by_definition(path):
    """Return what the NeXus library finds missing that the application definition requires."""
    validate = pytest.importorskip(
        "nexusformat.nexus.validate", reason="needs nexusformat to check NeXus files"
    )
    heard = []

    class Ear(logging.Handler):
        def emit(self, record):
            heard.append((record.levelno, record.getMessage().strip()))

    ear = Ear()
    validate.logger.addHandler(ear)
    try:
        validate.validate_application(str(path), "/entry")
    finally:
        validate.logger.removeHandler(ear)
    assert any("Application Definition: NX" in words for _level, words in heard)
    return [heard[n - 1][1] for n, (level, _words) in enumerate(heard) if level == logging.ERROR]


def test_the_view_keeps_the_rules_of_nexus(session, tmp_path):
    path = session.save(tmp_path / "p").path
    assert complaints(path) == []
    with h5py.File(path) as file:
        group = file["entry/landmarks_001"]
        chain = group["placement"]
        assert chain.attrs["NX_class"] == "NXtransformations"
        assert group["depends_on"][()] == b"placement/rotation"
        total = np.eye(4)
        step = "rotation"
        while step != ".":
            total = matrix_of(chain[step]) @ total
            step = chain[step].attrs["depends_on"]
        np.testing.assert_allclose(total, group["matrix"][:], atol=1e-12)
    point = np.array([7.0, 5.0, 0.0, 1.0])  # x, y, z
    wanted = np.array(RIGID) @ [5.0, 7.0, 1.0]
    np.testing.assert_allclose((total @ point)[[1, 0]], wanted)


def matrix_of(node):
    """Return what one axis of NXtransformations means, by its definition."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    vector = np.asarray(node.attrs["vector"])
    if node.attrs["transformation_type"] == "translation":
        matrix[:3, 3] = float(node[()]) * vector
    else:
        turn = Rotation.from_rotvec(np.radians(float(node[()])) * vector)
        matrix[:3, :3] = turn.as_matrix()
    return matrix


@pytest.mark.parametrize(
    "matrix",
    [[[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]], [[1.0, 0.0, 1.0], [0.0, -1.0, 1.0]]],
    ids=["stretched", "mirrored"],
)
def test_what_is_not_rigid_is_not_told_as_if_it_were(matrix):
    value = project(matrix)
    found = placement_of(value.registrations[0], *value.datasets)
    assert found.axis is None
    np.testing.assert_allclose(found.matrix[:2, 3], [1.0, 1.0])


def test_nxem_holds_what_its_definition_asks_for(session, tmp_path):
    """Found valid by pynxtools 0.16 (``pynx validate``), too heavy to be installed here."""
    export_nxem(session, tmp_path / "e.nxs", EXPERIMENT)
    named = ["Group: sampleID: NXsample"]
    assert missing_by_definition(tmp_path / "e.nxs") == named, "it takes the pattern as the name"
    with h5py.File(tmp_path / "e.nxs") as file:
        assert file["entry/definition"][()] == b"NXem"
        assert file["entry/start_time"][()].decode() == EXPERIMENT.start_time
        sample = file["entry/sample1"]
        assert sample.attrs["NX_class"] == "NXsample"
        assert sample["atom_types"][()] == b"Fe,Cr"
        assert sample["preparation_date"][()].decode() == EXPERIMENT.preparation_date
        assert sample["is_simulation"][()] == np.False_
        assert file["entry"][file["entry"].attrs["default"]]["data"].shape == (5, 5)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (Experiment("yesterday", "2024-04-30", "Fe"), "--start"),
        (Experiment("2024-05-01T10:00:00Z", "2024-04-30", "Fe"), "--prepared"),
        (Experiment("2024-05-01T10:00:00Z", "2024-04-30T08:00:00Z", "iron"), "--atoms"),
    ],
)
def test_nxem_asks_for_what_no_project_knows(session, tmp_path, experiment, words):
    with pytest.raises(TiepointError, match=words):
        export_nxem(session, tmp_path / "e.nxs", experiment)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tip(tmp_path):
    """A session on the ions of a tiny atom-probe file with ranges."""
    session = Session(Project(name="Tip", sample="Al-Mg"))
    session.add_files([MAKERS["apt_pos"](tmp_path).path])
    yield session
    session.close()


MEASURED = AtomProbeExperiment("2024-05-01T10:00:00+02:00")


def test_nxapm_holds_the_ions_and_what_its_definition_asks_for(tip, tmp_path):
    """``pynx validate`` of pynxtools 0.16, too heavy to be installed here, misses nothing but the
    units of the axes of NXdata, which are there: it leaves every attribute of that name out
    (``_SKIP_ATTRS`` in its ``dataconverter/validation.py``).
    """
    export_nxapm(tip, tmp_path / "a.nxs", MEASURED)
    named = ["Group: NAMED_reference_frameID: NXcoordinate_system"]
    assert missing_by_definition(tmp_path / "a.nxs") == named, "it takes the pattern as the name"
    with h5py.File(tmp_path / "a.nxs") as file:
        entry = file["entry"]
        assert entry["definition"][()] == b"NXapm"
        assert entry["operation_mode"][()] == b"apt"
        assert entry["specimen/atom_types"][()] == b"H,Mg,Al"
        assert entry["specimen/is_simulation"][()] == np.False_
        probe = entry["atom_probe"]
        places = probe["reconstruction/reconstructed_positions"]
        np.testing.assert_array_equal(places[:], tiny_points.PLACES)
        assert places.attrs["units"] == "nm"
        assert file[places.attrs["depends_on"]].attrs["NX_class"] == "NXcoordinate_system"
        masses = probe["mass_to_charge_conversion/mass_to_charge"]
        np.testing.assert_array_equal(masses[:], tiny_points.MASSES)
        counts = probe["reconstruction/naive_discretization/data"]
        np.testing.assert_array_equal(counts["intensity"][:], tiny_points.counts())
        assert [str(word) for word in counts.attrs["axes"]] == ["axis_z", "axis_y", "axis_x"]
        spectrum = probe["ranging/mass_to_charge_distribution/mass_spectrum"]
        assert spectrum["intensity"][:].sum() == len(tiny_points.MASSES)
        found = probe["ranging/peak_identification"]
        ions = {
            group["name"][()].decode(): group for key, group in found.items() if key[:3] == "ion"
        }
        assert list(ions["Mg"]["mass_to_charge_range"][0]) == [11.87, 12.3261]
        assert list(ions["AlH"]["nuclide_hash"][:3]) == [13 + 255 * 256, 1 + 255 * 256, 0]


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (AtomProbeExperiment(""), "--start"),
        (AtomProbeExperiment("2024-05-01T10:00:00Z", "aluminium"), "--atoms"),
    ],
)
def test_nxapm_asks_for_what_no_reconstruction_knows(tip, tmp_path, experiment, words):
    with pytest.raises(TiepointError, match=words):
        export_nxapm(tip, tmp_path / "a.nxs", experiment)
    assert not (tmp_path / "a.nxs").exists()


def test_nxapm_without_ranges_asks_for_the_elements(tmp_path):
    path = MAKERS["apt_pos"](tmp_path).path
    path.with_suffix(".RNG").unlink()
    session = Session()
    session.add_files([path])
    with pytest.raises(TiepointError, match="no ranges that name them: give --atoms"):
        export_nxapm(session, tmp_path / "a.nxs", MEASURED)
    named = AtomProbeExperiment(MEASURED.start_time, "Al, Mg", is_simulation=True)
    export_nxapm(session, tmp_path / "a.nxs", named)
    with h5py.File(tmp_path / "a.nxs") as file:
        assert file["entry/specimen/atom_types"][()] == b"Al,Mg"
        assert file["entry/specimen/is_simulation"][()] == np.True_
        assert "peak_identification" not in file["entry/atom_probe/ranging"]
    session.close()


def test_a_project_without_ions_is_no_nxapm(session, tmp_path):
    with pytest.raises(TiepointError, match="needs ions of an atom probe"):
        export_nxapm(session, tmp_path / "a.nxs", MEASURED)
    with pytest.raises(TiepointError, match="SEM holds no ions"):
        export_nxapm(session, tmp_path / "a.nxs", MEASURED, "SEM")

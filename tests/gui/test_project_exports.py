"""A project written for other programs from the menu: what is asked, what is written, refusals."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from small_files import write_ome
from window_tools import idle, wait_until

from tiepoint.gui.controllers import project_exports
from tiepoint.gui.dialogs.nexus_export import AtomProbeDialog, ElectronMicroscopyDialog
from tiepoint.session import Session

pytestmark = pytest.mark.window

MOMENT = "2024-05-01T10:00:00+02:00"


@pytest.fixture
def export(open_window, tmp_path, monkeypatch):
    """Export as the form whose words contain `words` to `place`; returns what was told."""
    told: list[str] = []
    monkeypatch.setattr(project_exports, "tell", lambda _parent, words, *_: told.append(words))
    monkeypatch.setattr("tiepoint.gui.feedback.tell", lambda _p, words, *_: told.append(words))

    def run(session, words, place):
        window = open_window(session)
        dialogs = project_exports.QInputDialog, project_exports.QFileDialog

        def choose(_parent, _title, _label, forms, **_options):
            return next(form for form in forms if words in form), True

        monkeypatch.setattr(dialogs[0], "getItem", choose)
        monkeypatch.setattr(dialogs[1], "getExistingDirectory", lambda *_: str(place))
        monkeypatch.setattr(dialogs[1], "getSaveFileName", lambda *_: (str(place), ""))
        window.desk.links.export()
        wait_until(lambda: bool(told), "the export is told")
        idle(window)
        return told

    return run


@pytest.fixture
def image(tmp_path):
    session = Session()
    session.add_files([write_ome(tmp_path / "image.ome.tif")])
    return session


@pytest.mark.parametrize(
    ("words", "place", "written"),
    [
        ("crate", "crate", "crate/ro-crate-metadata.json"),
        ("Tables", "tables", "tables/landmarks.csv"),
        ("transformations", "t.json", "t.json"),
    ],
)
def test_forms_that_need_no_answer(export, image, tmp_path, words, place, written):
    assert f"{place} is written" in export(image, words, tmp_path / place)[0]
    assert (tmp_path / written).exists(), sorted(tmp_path.rglob("*"))


def test_nxem_asks_for_what_no_project_holds(export, image, tmp_path, monkeypatch):
    def fill(dialog):
        assert not dialog.ok.isEnabled()
        dialog.start.setText(MOMENT)
        dialog.prepared.setText("yesterday")
        dialog.atoms.setText("Fe, Cr")
        assert not dialog.ok.isEnabled(), "yesterday is no moment"
        dialog.prepared.setText(MOMENT)
        assert dialog.ok.isEnabled()
        return 1

    monkeypatch.setattr(ElectronMicroscopyDialog, "exec", fill)
    export(image, "NXem", tmp_path / "s.nxs")
    with h5py.File(tmp_path / "s.nxs") as file:
        assert file["entry/definition"].asstr()[()] == "NXem"
        assert file["entry/sample1/atom_types"].asstr()[()] == "Fe,Cr"


def test_nxapm_without_ions_says_what_is_missing(export, image, tmp_path):
    assert "add a .pos" in export(image, "NXapm", tmp_path / "a.nxs")[0]
    assert not (tmp_path / "a.nxs").exists()


def test_nxapm_of_ions(export, tmp_path, monkeypatch):
    ions = np.random.default_rng(0).uniform(1, 20, (50, 4)).astype(">f4")
    (tmp_path / "tip.pos").write_bytes(ions.tobytes())
    session = Session()
    session.add_files([tmp_path / "tip.pos"])

    def fill(dialog):
        assert dialog.ions.count() == 1
        dialog.start.setText(MOMENT)
        dialog.atoms.setText("Fe")
        assert dialog.ok.isEnabled()
        return 1

    monkeypatch.setattr(AtomProbeDialog, "exec", fill)
    export(session, "NXapm", tmp_path / "a.nxs")
    with h5py.File(tmp_path / "a.nxs") as file:
        (entry,) = file.values()
        assert entry["definition"].asstr()[()] == "NXapm"

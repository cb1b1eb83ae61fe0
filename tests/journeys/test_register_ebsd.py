"""Journey: EBSD onto strain from image correlation, by clicking four homologous points."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from projects import same_project
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from small_files import write_pairs
from window_tools import (
    click_at,
    focus_canvas,
    idle,
    pixel_reach,
    press_key,
    shot,
    told,
    wait_until,
)

from tiepoint.cli import main
from tiepoint.data.sampling import index_to_physical
from tiepoint.session import Session

pytestmark = [pytest.mark.realdata, pytest.mark.window]

EBSD, STRAIN = "testDataEBSD/Band contrast", "testDataDIC/max shear strain"


@pytest.fixture(scope="module")
def folder(realdata):
    return realdata / "multimodal" / "ebsd_hrdic_ni"


@pytest.fixture(scope="module")
def indices(folder):
    """(ebsd, dic): (4, 2) pixel and vector indices (y, x) of the same points."""
    with (folder / "homologous_points.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        np.array([[float(row[f"{key}_y"]), float(row[f"{key}_x"])] for row in rows])
        for key in ("ebsd", "dic")
    )


@pytest.fixture(scope="module")
def reference(folder, indices, tmp_path_factory):
    """The same registration by the command line, from exact positions."""
    place = tmp_path_factory.mktemp("cli")
    project = place / "reference.tiepoint"
    pairs = write_pairs(place / "pairs.csv", *indices)
    files = [str(folder / name) for name in ("testDataDIC.txt", "testDataEBSD.cpr")]
    assert main(["new", str(project), *files]) == 0
    assert main(["landmarks", str(project), EBSD, STRAIN, str(pairs), "--pixels"]) == 0
    return project


def by_command_line(project, model, capsys):
    capsys.readouterr()
    assert main(["register", str(project), EBSD, STRAIN, "--model", model, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_points_are_indices_of_each_map(reference, capsys):
    """The affine that the points give has the ratio of the two steps: they are indices."""
    report = by_command_line(reference, "affine", capsys)
    session = Session.open(reference)
    ebsd, dic = session.dataset(EBSD), session.dataset(STRAIN)
    session.close()
    assert report["n"] == 4
    assert report["unit"] is None
    step = abs(dic.axes[0].scale)
    pixels_per_map_pixel = report["residual_rms"] / step
    assert pixels_per_map_pixel < 3.0, "four points fit one affine to a few vectors"
    assert ebsd.unit == "µm" or ebsd.unit == "nm"


def test_four_points_by_mouse(window, folder, indices, reference, tmp_path, monkeypatch, capsys):
    window.files.add_files([folder / "testDataDIC.txt", folder / "testDataEBSD.cpr"])
    wait_until(lambda: len(window.session.project.datasets) > 6, "both files are added")
    idle(window)
    assert told(window) == []
    session, desk = window.session, window.desk
    ebsd, dic = session.dataset(EBSD), session.dataset(STRAIN)
    shot(window, "register-before", tmp_path)

    desk.register.begin(ebsd.id, dic.id)
    idle(window)
    moving, fixed = desk.workspace.moving.pane, desk.workspace.fixed.pane
    assert (moving.frame, fixed.frame) == (ebsd.id, dic.id)
    focus_canvas(moving)
    press_key(window, Qt.Key.Key_Space)
    assert desk.register_panel.landmarks.isChecked()
    a = index_to_physical(ebsd)(indices[0])
    b = index_to_physical(dic)(indices[1])
    for number, (one, other) in enumerate(zip(a, b, strict=True), 1):
        click_at(moving, one)
        click_at(fixed, other)
        assert len(desk.register.registration.pairs) == number
    press_key(window, Qt.Key.Key_Space)
    idle(window)
    assert not desk.register_panel.landmarks.isChecked()
    pairs = desk.register.registration.pairs
    clicked_a = np.array([pair.moving for pair in pairs])
    clicked_b = np.array([pair.fixed for pair in pairs])
    np.testing.assert_allclose(clicked_a, a, rtol=0, atol=2 * pixel_reach(moving))
    np.testing.assert_allclose(clicked_b, b, rtol=0, atol=2 * pixel_reach(fixed))

    # F2 until affine; residuals as the command line has them, apart from the mouse's pixel
    while desk.register.registration.model != "affine":
        press_key(window, Qt.Key.Key_F2)
    idle(window)
    report = by_command_line(reference, "affine", capsys)
    fit = session.registering.fit(desk.register.registration_id)
    slack = 4 * pixel_reach(fixed)
    for row, point in zip(
        session.registering.report(desk.register.registration_id).rows,
        report["points"],
        strict=True,
    ):
        assert row.residual == pytest.approx(point["residual"], abs=slack)
    assert fit.residual_rms == pytest.approx(report["residual_rms"], abs=slack)
    shot(window, "register-after", tmp_path)
    window.actions_by_name["views.three_panes"].trigger()
    idle(window)
    shot(window, "register-blend", tmp_path)

    # exactly the same numbers once the pairs are the same
    exported = tmp_path / "clicked.csv"
    session.export_pairs(desk.register.registration_id, exported)
    target = tmp_path / "ebsd.tiepoint"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(target), ""))
    window.actions_by_name["files.save"].trigger()
    idle(window)
    again = Session.open(target)
    assert same_project(again.project, session.project)
    again.close()
    same = by_command_line(target, "affine", capsys)
    assert same["residual_rms"] == pytest.approx(fit.residual_rms, rel=1e-9)
    assert main(["landmarks", str(reference), EBSD, STRAIN, str(exported), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replaced"] == 4
    imported = by_command_line(reference, "affine", capsys)
    assert imported["residual_rms"] == pytest.approx(fit.residual_rms, rel=1e-9)
    assert told(window) == []

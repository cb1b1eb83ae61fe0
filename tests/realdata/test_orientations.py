"""The crystal under a place of real EBSD maps, read independently from the same files."""

from __future__ import annotations

import csv

import h5py
import numpy as np
import pytest

from tiepoint.measure.crystals import (
    basis,
    misorientation_deg,
    normal_in_crystal,
    operators,
)
from tiepoint.session import Session
from tiepoint.session.pointing import read_at
from tiepoint.support.errors import TiepointError

pytestmark = pytest.mark.realdata


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def place_of(dataset, *index):
    return np.array(
        [a.offset + a.scale * i for a, i in zip(dataset.spatial_axes, index, strict=True)]
    )


def said(session, dataset, *index):
    shown = dataset.replace(display=dataset.display.replace(visible=True))
    session.document.apply(
        "Show",
        lambda p: p.replace(datasets=tuple(shown if d.id == dataset.id else d for d in p.datasets)),
    )
    session.drawing.prepare(shown)
    place = np.pad(place_of(dataset, *index), (1, 0))
    return read_at(session, dataset.id, place, [dataset.id]).value


def test_every_map_of_a_channel_text_file_says_the_crystal(session, realdata):
    path = realdata / "ebsd" / "mtex" / "twins.ctf"
    session.add_files([path])
    lines = path.read_text(encoding="latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Phase\t"))
    rows = list(csv.DictReader(lines[start:], delimiter="\t"))
    row = rows[50 * 167 + 20]
    angles = " ".join(f"{float(row[f'Euler{i}']):.1f}°" for i in (1, 2, 3))
    crystal = f"Magnesium  Bunge {angles}  z "
    for name in ("Phases", "IPF-Z"):
        assert said(session, session.dataset(f"twins/{name}"), 50, 20).startswith(crystal)
    contrast = session.dataset("twins/Band contrast")
    assert said(session, contrast, 50, 20).startswith(f"{row['BC']}  {crystal}")
    settings = contrast.metadata.settings
    assert settings["euler_angles"].endswith("they refer to Sample Coordinate system (CS0)")
    bare = next(i for i, one in enumerate(rows) if one["Phase"] == "0")
    phases = session.dataset("twins/Phases")
    assert said(session, phases, *divmod(bare, 167)) == "not indexed"
    assert session.label_shares.if_known(phases)[0] == pytest.approx(
        sum(one["Phase"] == "0" for one in rows) / len(rows)
    )
    with pytest.raises(TiepointError, match="indexed pixel"):
        session.orienting.pin(phases, place_of(phases, *divmod(bare, 167)))


def test_most_boundaries_of_a_twinned_magnesium_are_those_of_twins(session, realdata):
    """{10-12} tension twins: 86.3 degrees about a (c/a of 1.624)."""
    session.add_files([realdata / "ebsd" / "mtex" / "twins.ctf"])
    behind = session.store.draft(session.dataset("twins/Phases")).orientations
    euler, phase = behind.euler_rad[::4], behind.phase[::4]
    group = operators(behind.phases[0].laue, behind.x_along_reciprocal_a)
    steps = [
        misorientation_deg(line[i], line[i + 1], group)
        for line, indexed in zip(euler, phase > 0, strict=True)
        for i in range(len(line) - 1)
        if indexed[i] and indexed[i + 1]
    ]
    counts, edges = np.histogram(steps, bins=np.arange(15, 97, 3))
    assert edges[np.argmax(counts)] == 84
    assert counts.max() > 2.5 * np.sort(counts)[-2]


@pytest.mark.parametrize("name", ["ebsd/mtex/twins.ctf", "ebsd/mtex_workshop/scan4.ang"])
def test_directions_agree_with_the_colours_of_either_vendors_axes(session, realdata, name):
    """Green is along a, blue is 30 degrees from it."""
    session.add_files([realdata / name])
    colours = next(d for d in session.project.datasets if d.name.endswith("IPF-Z"))
    behind = session.store.draft(colours).orientations
    a = basis(behind.phases[0].lattice, behind.x_along_reciprocal_a)[:, 0]
    red, green, blue = np.moveaxis(np.asarray(session.store.array(colours)[...], int), -1, 0)
    for pure, other, wanted in ((green, blue, 0), (blue, green, 30)):
        places = np.argwhere((pure == 255) & (other < 120) & (red < 150))
        assert len(places) > 3
        for place in places[:: max(len(places) // 20, 1)]:
            x, y, _ = normal_in_crystal(
                session.orienting.at(colours, place_of(colours, *place)).euler_rad
            )
            from_a = np.degrees(np.arctan2(y, x) - np.arctan2(a[1], a[0])) % 60
            assert abs((from_a - wanted + 30) % 60 - 30) < 9


def test_the_status_line_compares_with_the_pinned_point(session, realdata):
    session.add_files([realdata / "ebsd" / "mtex" / "twins.ctf"])
    phases = session.dataset("twins/Phases")
    pinned = session.orienting.pin(phases, place_of(phases, 50, 20))
    assert pinned.phase.name == "Magnesium"
    assert said(session, phases, 50, 20).endswith("  ·  0.0° from pinned")
    session.orienting.unpin()
    assert "pinned" not in said(session, phases, 50, 20)


def test_two_maps_of_one_scan_say_the_crystal_once(session, realdata):
    session.add_files([realdata / "ebsd" / "mtex" / "twins.ctf"])
    one, other = (session.dataset(f"twins/{name}") for name in ("Band contrast", "IPF-Z"))
    said(session, one, 50, 20)
    said(session, other, 50, 20)
    place = np.pad(place_of(one, 50, 20), (1, 0))
    value = read_at(session, one.id, place, [one.id, other.id]).value
    assert value.count("Bunge") == 1
    contrast = int(np.asarray(session.store.array(one)[50, 20]))
    assert value.startswith("twins/IPF-Z  Magnesium")
    assert value.endswith(f"   twins/Band contrast  {contrast}")


def test_orientations_of_a_dream3d_file(session, realdata):
    path = realdata / "ebsd" / "dream3d" / "Small_IN100_Slice1.dream3d"
    session.add_files([path])
    phases = session.dataset("Small_IN100_Slice1/Phases")
    assert [entry.name for entry in phases.legend] == ["Nickel", "not indexed"]
    found = session.orienting.at(phases, place_of(phases, 30, 40))
    with h5py.File(path) as file:
        group = next(
            matrix
            for container in file["DataContainers"].values()
            for matrix in container.values()
            if "EulerAngles" in matrix
        )
        np.testing.assert_allclose(found.euler_rad, group["EulerAngles"][0, 30, 40], rtol=1e-6)
    assert found.phase.name == "Nickel"
    assert found.direction


def test_other_data_have_no_orientations(session, realdata):
    session.add_files([realdata / "ebsd/kikuchipy/nordif/Pattern.dat"])
    (patterns,) = session.project.datasets
    assert not session.orienting.has_orientations(patterns)
    assert session.orienting.words_at(patterns, np.zeros(2)) == ""

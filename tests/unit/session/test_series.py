"""Time series: minutes as files tell them, stepping together, logs, regions through scans."""

import numpy as np
import pytest
import tifffile
from small_files import write_ome

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.region import Region
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.over_time import measure_over_time, write_table
from tiepoint.session.series import axis_minutes, common_name
from tiepoint.support.errors import TiepointError


@pytest.fixture
def scans(tmp_path):
    """Three volumes that darken; one frame, so that they lie in place."""
    session = Session()
    for minutes, value in ((0, 1000), (20, 800), (45, 300)):
        volume = np.full((6, 20, 24), value, np.uint16)
        session.add_files([write_ome(tmp_path / f"ct_{minutes:03d}min.ome.tif", volume, 0.5, "µm")])
    frame = session.project.datasets[0].frame
    placed = tuple(d.replace(frame=frame) for d in session.project.datasets)
    session.document.apply("Place", lambda p: p.replace(datasets=placed))
    session.series.make("ct", session.series.proposal([d.id for d in placed]))
    only = session.dataset("ct_000min")
    for dataset in placed[1:]:
        session.document.apply("Hide", edits.set_display(dataset.id, visible=False))
    session.document.apply("Look", edits.set_display(only.id, limits=(0.0, 900.0), opacity=0.5))
    yield session
    session.close()


def visible(session):
    return [d.name for d in session.project.datasets if d.display.visible]


def test_minutes_come_from_names_and_dates(scans):
    assert scans.series.times() == (0.0, 20.0, 45.0)
    assert common_name([d.name for d in scans.project.datasets]) == "ct"
    told = ("2024-05-14T09:30:00", "2024-05-14T10:00:30", "2024-05-15T09:30:00")
    dated = [
        d.replace(metadata=d.metadata.replace(identification={"date": date}))
        for d, date in zip(scans.project.datasets, told, strict=True)
    ]
    scans.document.apply("Date", lambda p: p.replace(datasets=tuple(dated)))
    found = scans.series.proposal([d.id for d in dated])
    assert list(found.values()) == [0.0, 30.5, 1440.0]


def test_stepping_shows_one_scan_with_the_look_of_the_last(scans):
    assert visible(scans) == ["ct_000min"]
    scans.series.show(20.0)
    assert visible(scans) == ["ct_020min"]
    scans.series.show(44.9)
    assert visible(scans) == ["ct_020min"], "the last scan taken by then"
    scans.series.show(45.0)
    assert visible(scans) == ["ct_045min"]
    display = scans.dataset("ct_045min").display
    assert (display.limits, display.opacity) == ((0.0, 900.0), 0.5)
    assert scans.document.undo() is not None
    assert visible(scans) == ["ct_000min"], "a way along the slider is one step"


def test_a_hidden_series_stays_hidden(scans):
    scans.document.apply("Hide", edits.set_display(scans.dataset("ct_000min").id, visible=False))
    scans.series.show(45.0)
    assert visible(scans) == []


def test_two_scans_cannot_have_one_time(scans):
    a, b = (d.id for d in scans.project.datasets[:2])
    with pytest.raises(TiepointError, match="same time"):
        scans.series.make("ct", {a: 1.0, b: 1.0})


def test_a_region_is_measured_in_every_scan(scans, tmp_path):
    corners = ((1.0, 2.0, 2.0), (1.0, 2.0, 6.0), (1.0, 6.0, 6.0), (1.0, 6.0, 2.0))
    home = scans.dataset("ct_020min").id
    region = Region(name="Area", shape="rectangle", dataset=home, vertices=corners)
    rows = measure_over_time(scans, region, "ct")
    assert [(row.minutes, row.mean) for row in rows] == [(0, 1000), (20, 800), (45, 300)]
    assert all(row.covered == 1.0 and row.deviation == 0.0 for row in rows)
    write_table(tmp_path / "t.csv", rows)
    assert (
        (tmp_path / "t.csv")
        .read_text(encoding="utf-8")
        .splitlines()[2]
        .startswith('"ct_020min",20')
    )
    outside = region.replace(vertices=tuple((1.0, y + 500, x) for _, y, x in corners))
    assert all(
        row.covered == 0 and np.isnan(row.mean) for row in measure_over_time(scans, outside, "ct")
    )
    point = Region(name="Point", shape="point", dataset=home, vertices=corners[:1])
    with pytest.raises(TiepointError, match="covers no area"):
        measure_over_time(scans, point, "ct")


def test_a_tilted_region_is_measured_in_its_own_plane(tmp_path):
    z = np.indices((20, 20, 20))[0]
    session = Session()
    session.add_files([write_ome(tmp_path / "a_0min.ome.tif", (10 * z).astype("f4"), 1.0, "µm")])
    session.add_files([write_ome(tmp_path / "a_5min.ome.tif", (20 * z).astype("f4"), 1.0, "µm")])
    one, two = session.project.datasets
    session.document.apply(
        "Place", lambda p: p.replace(datasets=(one, two.replace(frame=one.frame)))
    )
    session.series.make("a", session.series.proposal([one.id, two.id]))
    corners = ((4.0, 4.0, 4.0), (4.0, 4.0, 14.0), (12.0, 14.0, 14.0), (12.0, 14.0, 4.0))
    region = Region(name="Tilted", shape="rectangle", dataset=one.id, vertices=corners)
    first, second = measure_over_time(session, region, "a")
    assert first.mean == pytest.approx(80.0, abs=2.5)
    assert second.mean == pytest.approx(2 * first.mean)
    session.close()


def test_a_log_says_what_was_at_a_time(scans, tmp_path):
    path = tmp_path / "furnace.csv"
    path.write_text(
        "time (s),T (°C),Field (mT)\n0,20,\n600,220,100\n3600,220,400\n", encoding="utf-8"
    )
    (log,) = scans.add_files([path])
    temperature, field = scans.series.curves(log)
    assert temperature.at(5.0) == pytest.approx(120.0)
    assert np.isnan(field.at(5.0)), "nothing is said before the first value"
    assert np.isnan(temperature.at(61.0))
    assert scans.series.say(20.0) == "T 220 °C · Field 160 mT"
    scans.series.make(
        "ct", {**scans.series.proposal([d.id for d in scans.series.scans("ct")]), log.id: -10.0}
    )
    (moved, _) = scans.series.curves(scans.dataset("furnace"))
    assert moved.at(0.0) == pytest.approx(220.0), "the log begins ten minutes earlier"


def test_a_time_axis_shows_the_picture_taken_by_then(tmp_path):
    stack = np.stack([np.full((12, 16), v, np.uint16) for v in (10, 20, 30)])
    path = tmp_path / "movie.ome.tif"
    metadata = {
        "axes": "TYX", "TimeIncrement": 30.0, "TimeIncrementUnit": "s",
        "PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 1.0,
        "PhysicalSizeYUnit": "µm",
    }  # fmt: skip
    tifffile.imwrite(path, stack, ome=True, metadata=metadata)
    session = Session()
    (movie,) = session.add_files([path])
    assert session.series.times() == (0.0, 0.5, 1.0)
    assert session.series.leading(movie) == (0,)
    session.series.show(0.6)
    assert session.series.leading(movie) == (1,)
    session.series.show(1.0)
    assert session.series.leading(movie) == (2,)
    session.close()


def test_units_of_time():
    axis = Axis(name="t", size=3, scale=2.0, unit="h", role="time")
    np.testing.assert_array_equal(axis_minutes(axis), [0, 120, 240])
    spectrum = Dataset(name="spectrum", axes=(Axis(name="E", size=4, role="energy"),))
    session = Session()
    with pytest.raises(TiepointError, match="no axes in space"):
        session.series.leading(spectrum)

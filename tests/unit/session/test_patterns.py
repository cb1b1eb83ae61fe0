"""Patterns through a session: at a place, of a region, virtual images kept and undone."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_patterns import CENTRE, RADIUS, STEP, Watched, add_scan, camera_axes, patterns
from tiny_spectra import add, space

from tiepoint.model.region import Region
from tiepoint.patterns.axes import holds_patterns, is_scanned
from tiepoint.patterns.detectors import Detector
from tiepoint.session import Session
from tiepoint.session.patterns.reading import with_patterns
from tiepoint.session.pointing import read_at
from tiepoint.session.vectors import vector_fields
from tiepoint.support.errors import TiepointError

RING = Detector(CENTRE, 15 * STEP, 18 * STEP, "1/nm", "Ring")


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def box(dataset, low_yx, high_yx):
    (y0, x0), (y1, x1) = low_yx, high_yx
    corners = ((y0, x0), (y0, x1), (y1, x1), (y1, x0))
    return Region(name="Box", shape="rectangle", dataset=dataset.id, vertices=corners)


def test_the_pattern_at_a_place_is_that_of_the_point_that_covers_it(session):
    scan = add_scan(session)
    found = session.patterns.reading.at(scan, scan.id, np.array([0.0, 12.4, 37.6]))
    np.testing.assert_array_equal(found.values, patterns()[2, 8])
    assert found.words == "y 10  x 40 nm  ·  row 2, column 8"
    with pytest.raises(TiepointError, match="outside the scan"):
        session.patterns.reading.at(scan, scan.id, np.array([0.0, -2.6, 0.0]))


def test_a_scan_without_a_pixel_size_says_row_and_column_only(session):
    scan = add_scan(session)
    bare = scan.replace(axes=tuple(a.replace(unit=None) for a in scan.axes))
    assert session.patterns.reading.at_index(bare, 1, 3).words == "row 1, column 3"


def test_a_place_in_another_frame_goes_through_the_registration(session):
    scan = add_scan(session)
    axes = (space("y", 60, 1.0, "nm"), space("x", 70, 1.0, "nm"))
    picture = add(session, np.zeros((60, 70)), axes, name="SEM", technique="SEM", kind="image")
    with pytest.raises(TiepointError):
        session.patterns.reading.at(scan, picture.id, np.array([0.0, 10.0, 40.0]))


def test_a_region_gives_the_mean_pattern_and_follows_a_drag(session):
    scan = add_scan(session)
    for high in ((22.0, 37.0), (27.0, 37.0), (22.0, 32.0)):
        found = session.patterns.reading.of_region(scan, box(scan, (8.0, 18.0), high))
        rows, columns = (slice(2, round(high[0] // 5) + 1), slice(4, round(high[1] // 5) + 1))
        part = patterns()[rows, columns]
        np.testing.assert_allclose(found.values, part.mean(axis=(0, 1)))
        assert found.words == f"Box: mean of {part.shape[0] * part.shape[1]} patterns"


def test_a_region_between_points_is_refused(session):
    scan = add_scan(session)
    with pytest.raises(TiepointError, match="holds no point"):
        session.patterns.reading.of_region(scan, box(scan, (8.0, 18.0), (9.0, 19.0)))


def test_a_virtual_image_lies_in_the_scans_frame_and_says_how_it_was_made(session):
    scan = add_scan(session)
    image = session.patterns.add_image(scan, RING)
    found = np.asarray(session.store.array(image))
    assert found.dtype == np.uint64
    assert found[:, 7:].min() > 3 * found[:, :7].max()
    assert (image.frame, image.axes, image.kind) == (scan.frame, scan.spatial_axes, "image")
    assert image.name == "Ring 3.75 to 4.5 nm⁻¹"
    assert image.derived.sources == (scan.id,)
    assert image.derived.settings == {
        "detector": "Ring",
        "centre_yx_px": list(CENTRE),
        "inner": 3.75,
        "outer": 4.5,
        "unit": "1/nm",
    }


def test_a_virtual_image_is_undone_and_redone_and_kept_in_the_file(session, tmp_path):
    scan = add_scan(session)
    image = session.patterns.add_image(scan, RING)
    session.document.undo()
    assert [d.id for d in session.project.datasets] == [scan.id]
    session.document.redo()
    session.save(tmp_path / "scan.tiepoint")
    again = Session.open(tmp_path / "scan.tiepoint")
    kept = again.dataset(image.id)
    np.testing.assert_array_equal(again.store.array(kept), session.store.array(image))
    assert kept.derived == image.derived
    again.close()


def test_the_centre_of_mass_is_a_pair_of_signed_maps_in_the_patterns_unit(session):
    values = patterns()
    values[:, 7:] = np.roll(values[:, 7:], 2, axis=-1)
    scan = add_scan(session, values)
    disc = Detector(CENTRE, 0, 2.5, "1/nm", "BF")
    y, x = session.patterns.add(session.patterns.detecting.centre_of_mass(scan, disc))
    assert (y.name, x.name) == ("Centre of mass y", "Centre of mass x")
    assert x.quantity.unit == "1/nm"
    assert (y.derived.operation, y.derived.settings["component"]) == ("centre of mass", "y")
    shift = np.asarray(session.store.array(x))
    difference = shift[:, 7:].mean() - shift[:, :7].mean()
    assert difference == pytest.approx(2 * STEP, rel=0.05)
    assert np.abs(session.store.array(y)).max() < 0.1 * STEP
    session.document.undo()
    assert len(session.project.datasets) == 1


def test_centres_of_mass_are_seen_as_arrows(session):
    scan = add_scan(session)
    disc = session.patterns.detecting.first(scan)
    y, x = session.patterns.add(session.patterns.detecting.centre_of_mass(scan, disc))
    (field,) = vector_fields(session.project.datasets)
    assert (field.y.id, field.x.id) == (y.id, x.id)
    assert (field.name, field.unit) == ("centre of mass", y.quantity.unit)
    assert "how the camera is turned" in y.warnings[0]
    session.patterns.add(session.patterns.detecting.centre_of_mass(scan, disc))
    other = Detector(disc.centre_yx, 0.0, disc.outer / 2, disc.unit)
    session.patterns.add(session.patterns.detecting.centre_of_mass(scan, other))
    fields = vector_fields(session.project.datasets)
    assert len(fields) == 2, "one for each detector"
    assert all(f.x.derived.settings["outer"] == f.y.derived.settings["outer"] for f in fields)
    falling = tuple(a.replace(scale=-a.scale) for a in y.axes)
    assert vector_fields([y.replace(axes=falling), x.replace(axes=falling)]) == []


def test_the_second_detector_reads_no_file(session):
    scan = add_scan(session)
    source = Watched(patterns())
    session.store.put(scan.id, source)
    first = session.patterns.detecting.image(scan, RING)
    read = source.read
    second = session.patterns.detecting.image(scan, Detector(CENTRE, 0, 6, name="BF"))
    assert source.read == read == source.values.size
    assert second.max() > first.max()


def test_what_does_not_fit_into_memory_is_read_from_the_file_each_time(session):
    scan = add_scan(session)
    source = Watched(patterns())
    session.store.put(scan.id, source)
    session.spectra.reading.memory._budget = 1000
    session.patterns.detecting.image(scan, RING)
    session.patterns.detecting.image(scan, RING)
    assert source.read < 2 * source.values.size


def test_the_usual_detectors_rest_on_the_disc_that_was_found(session):
    scan = add_scan(session)
    bright = session.patterns.detecting.preset(scan, "bf")
    np.testing.assert_allclose(bright.centre_yx, CENTRE, atol=0.15)
    assert bright.outer == pytest.approx(RADIUS * STEP, abs=0.1)
    with pytest.raises(TiepointError, match="There is no detector 'DF': choose BF, ABF, ADF"):
        session.patterns.detecting.preset(scan, "DF")
    kikuchi = scan.replace(technique="EBSD")
    assert session.patterns.detecting.presets(kikuchi) == ()
    with pytest.raises(TiepointError, match="Give radii instead"):
        session.patterns.detecting.preset(kikuchi, "BF")
    assert session.patterns.detecting.first(kikuchi).centre_yx == (23.5, 27.5)


def test_a_scan_is_drawn_as_the_mean_of_its_patterns(session):
    scan = add_scan(session)
    session.drawing.prepare(scan)
    (level,) = session.drawing.levels(scan)
    np.testing.assert_allclose(level.array, patterns().mean(axis=(2, 3)))
    low, high = session.drawing.limits(scan)
    assert level.array.min() <= low < high <= level.array.max()
    assert read_at(session, scan.id, np.array([0.0, 10, 10]), [scan.id]).value == ""


def test_a_scan_whose_file_is_missing_is_shown_by_its_small_picture(session):
    scan = add_scan(session)
    session.thumbnails.make_missing()
    assert session.thumbnails.stand_in(scan) is None, "nothing is read for a small picture alone"
    session.drawing.prepare(scan)
    session.thumbnails.make_missing()
    assert session.thumbnails.stand_in(scan).array.shape == (12, 14)


def test_a_preview_covers_the_scan_and_is_in_no_project(session):
    scan = add_scan(session)
    values = session.patterns.detecting.image(scan, RING)
    shown = session.patterns.preview(scan, RING, values)
    assert session.spectra.previews.stands_for(scan.id)
    assert session.spectra.previews.home(shown.id) == scan.id
    assert [d.id for d in session.project.datasets] == [scan.id]
    words = read_at(session, scan.id, np.array([0.0, 10, 40]), [shown.id]).value
    assert words == str(int(values[2, 8]))


def test_a_single_pattern_is_just_shown(session):
    values = patterns()[3, 9]
    single = add(session, values, camera_axes(), name="SAED", technique="TEM", kind="diffraction")
    assert (holds_patterns(single), is_scanned(single)) == (True, False)
    found = session.patterns.reading.whole(single)
    np.testing.assert_array_equal(found.values, values)
    assert found.words == "A single pattern"
    for refused in (
        lambda: session.patterns.reading.at_index(single, 0, 0),
        lambda: session.patterns.detecting.image(single, RING),
    ):
        with pytest.raises(TiepointError, match=r"single pattern|no scan"):
            refused()


def test_scans_come_before_single_patterns_and_other_data_are_left_out(session):
    single = add(
        session, patterns()[0, 0], camera_axes(), name="SAED", technique="TEM", kind="diffraction"
    )
    add(session, np.zeros((3, 4)), (space("y", 3, 1.0), space("x", 4, 1.0)), kind="image")
    scan = add_scan(session)
    assert with_patterns(session.project) == [scan, single]

"""Patterns under a place and virtual images of files of real instruments."""

from __future__ import annotations

import numpy as np
import pytest

from tiepoint.patterns.axes import pattern_axes, unit_on
from tiepoint.patterns.detectors import Detector, mask_of
from tiepoint.session import Session

pytestmark = pytest.mark.realdata

SCANS = {
    "4dstem/test1.blo": "cm",
    "4dstem/test_00_master.h5": "px",
    "4dstem/mib/001_4x2_6bit.mib": "px",
    "ebsd/kikuchipy/nordif/Pattern.dat": "px",
    "ebsd/kikuchipy/edax_h5ebsd/patterns.h5": "px",
    "cl/delmic/sparc-angle-resolved.h5": "px",
}


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def diffraction_in(session, path):
    found = [d for d in session.add_files([path]) if d.kind == "diffraction"]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", SCANS)
def test_patterns_and_virtual_images_of_a_scan(session, realdata, name):
    scan = diffraction_in(session, realdata / name)
    values = np.asarray(session.store.array(scan)[...])
    axes = pattern_axes(scan)
    assert unit_on(axes) == SCANS[name]
    row, column = scan.shape[0] - 1, 1
    found = session.patterns.reading.at_index(scan, row, column)
    np.testing.assert_array_equal(found.values, values[row, column])
    session.drawing.prepare(scan)
    (level,) = session.drawing.levels(scan)
    np.testing.assert_allclose(level.array, values.mean(axis=(2, 3)))
    middle = ((axes[0].size - 1) / 2, (axes[1].size - 1) / 2)
    ring = Detector(middle, axes[0].size / 8, axes[0].size / 4)
    wanted = values[..., mask_of(ring, axes)].sum(axis=-1, dtype=np.uint64)
    np.testing.assert_array_equal(session.patterns.detecting.image(scan, ring), wanted)


def test_the_bright_disc_of_a_scan_gives_the_usual_detectors(session, realdata):
    scan = diffraction_in(session, realdata / "4dstem/test1.blo")
    assert scan.display.visible
    bright = session.patterns.detecting.preset(scan, "BF")
    assert bright.unit == "cm"
    np.testing.assert_allclose(bright.centre_yx, (72, 73), atol=1)
    assert bright.outer == pytest.approx(7.4 * 0.01606, rel=0.02)
    image = session.patterns.add_image(scan, bright)
    assert session.store.array(image).shape == (3, 2)


def test_patterns_lie_under_the_maps_of_their_scan(session, realdata):
    scan = diffraction_in(session, realdata / "ebsd/kikuchipy/edax_h5ebsd/patterns.h5")
    quality = session.dataset("patterns/Image quality")
    found = session.patterns.reading.at(scan, quality.id, np.array([0.0, 3.2, 1.4]))
    np.testing.assert_array_equal(found.values, session.store.array(scan)[2, 1])


def test_a_pattern_without_a_scan(session, realdata):
    single = diffraction_in(session, realdata / "tem/dm/test_diffraction_pattern.dm3")
    found = session.patterns.reading.whole(single)
    assert (found.values.shape, found.words) == ((87, 87), "A single pattern")
    assert unit_on(pattern_axes(single)) == "1/nm"

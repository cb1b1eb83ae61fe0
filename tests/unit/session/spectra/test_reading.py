"""Spectra of regions: wherever they were drawn, live as they move, progressive over all pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path as Polygon
from tiny_spectra import KEV, add, add_eds, add_volume, put_into, space

from tiepoint.data.sampling import index_to_physical
from tiepoint.geometry.planes import Plane
from tiepoint.model.axes import Axis
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session
from tiepoint.session.spectra.live import LiveSum
from tiepoint.session.spectra.memory import SpectrumMemory
from tiepoint.support.errors import TiepointError


@pytest.fixture
def session():
    session = Session()
    yield session
    session.close()


def drawn(dataset, vertices, shape="polygon"):
    return Region(
        name="Drawn",
        shape=shape,
        dataset=dataset.id,
        vertices=tuple(tuple(map(float, v)) for v in vertices),
    )


def centres_of(dataset):
    """(rows * columns, 2) physical positions of the pixel centres."""
    shape = [axis.size for axis in dataset.spatial_axes]
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 2)
    return index_to_physical(dataset)(index.astype(float))


def test_the_sum_of_all_pixels_comes_in_parts_that_are_means_themselves(session):
    eds = add_eds(session)
    parts = list(session.spectra.reading.whole(eds))
    values = np.asarray(session.store.array(eds), float)
    assert len(parts) > 3
    assert [one.pixels for one in parts] == sorted(one.pixels for one in parts)
    rows = parts[0].pixels // eds.axes[1].size
    np.testing.assert_array_equal(parts[0].total, values[:rows].sum(axis=(0, 1)))
    np.testing.assert_array_equal(parts[-1].total, values.sum(axis=(0, 1)))
    assert session.spectra.reading.whole_if_known(eds) is parts[-1]
    assert list(session.spectra.reading.whole(eds)) == [parts[-1]]


def test_a_spectrum_image_without_a_file_is_drawn_as_its_sum(session):
    eds = add_eds(session)
    assert not session.spectra.is_ready(eds)
    values = np.asarray(session.store.array(eds))
    np.testing.assert_array_equal(session.spectra.picture(eds), values.sum(axis=-1))
    assert session.spectra.is_ready(eds)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
def test_the_spectral_axis_may_stand_anywhere(session, order):
    cube = np.random.default_rng(1).integers(0, 99, (7, 9, KEV.size), dtype=np.uint16)
    axes = (space("y", 7, 1.0), space("x", 9, 1.0), KEV)
    moved = add(session, np.ascontiguousarray(cube.transpose(order)), tuple(axes[i] for i in order))
    *_, last = session.spectra.reading.whole(moved)
    np.testing.assert_array_equal(last.total, cube.sum(axis=(0, 1)))


def test_single_spectra_and_lines_of_spectra_are_read_too(session):
    one = add(session, np.arange(400, dtype=np.uint32), (KEV,), kind="spectrum", name="one")
    line = np.arange(2000, dtype=float).reshape(5, 400)
    many = add(session, line, (space("x", 5, 1.0), KEV), name="line")
    (found,) = session.spectra.reading.whole(one)
    assert (found.pixels, found.counts) == (1, True)
    np.testing.assert_array_equal(found.total, np.arange(400))
    (found,) = session.spectra.reading.whole(many)
    assert (found.pixels, found.counts) == (5, False)
    np.testing.assert_array_equal(found.mean, line.mean(axis=0))
    with pytest.raises(TiepointError, match="no region can be picked"):
        session.spectra.reading.of_region(one, drawn(one, [[0.0]], "point"))


SECTION = np.array([[0.0, 0.35], [0.9, 0.1], [-0.2, 0.85]])


def test_a_polygon_on_an_oblique_section_of_a_volume_covers_the_pixels_it_should(session):
    eds, volume = add_eds(session), add_volume(session)
    basis, _ = np.linalg.qr(SECTION)
    basis = basis * np.sign(np.diag(basis.T @ SECTION))
    put_into(session, eds, volume, 1.3 * basis, np.array([2.0, 3.0, 4.0]))
    to_volume = session.locating.frame_transform(eds.id, volume.id)
    pixels = centres_of(eds)
    in_volume = to_volume(np.pad(pixels, ((0, 0), (1, 0))))
    plane = Plane(in_volume.mean(axis=0), basis)
    assert np.abs(plane.distance(in_volume)).max() < 1e-6, "the section is the image's own plane"
    flat = (in_volume - plane.origin_zyx) @ plane.basis
    corners = np.array([[-1.7, -1.1], [-1.2, 2.3], [0.4, 1.1], [1.9, 1.8], [1.1, -2.1]])
    region = drawn(volume, plane.plane_to_frame(corners))
    inside = Polygon(corners).contains_points(flat)
    assert 200 < inside.sum() < len(inside) / 2

    found = session.spectra.reading.spectrum_of(eds, region)
    values = np.asarray(session.store.array(eds), float).reshape(-1, KEV.size)
    assert found.spectrum.pixels == inside.sum()
    np.testing.assert_array_equal(found.spectrum.total, values[inside].sum(axis=0))
    assert found.distance < 1e-6
    centre = np.asarray(region.vertices).mean(axis=0)
    assert found.error == session.locating.error_radius(volume.id, eds.id, centre)
    own = drawn(eds, [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0]])
    assert session.spectra.reading.spectrum_of(eds, own).error == 0.0


def test_a_region_beside_the_plane_says_how_far(session):
    eds, volume = add_eds(session), add_volume(session)
    put_into(
        session, eds, volume, np.array([[0, 0], [1.0, 0], [0, 1.0]]), np.array([2.0, 3.0, 4.0])
    )
    box = drawn(volume, [[2.5, 4.0, 5.0], [2.5, 4.0, 6.0], [2.5, 5.0, 6.0], [2.5, 5.0, 5.0]])
    found = session.spectra.reading.spectrum_of(eds, box)
    assert found.distance == pytest.approx(0.5, abs=1e-6)
    assert found.pixel == pytest.approx(0.1)
    assert found.spectrum.pixels == 100


def test_a_region_bends_with_a_warp(session):
    """Under a thin-plate spline the straight sides of a box become curves in the other image."""
    eds = add_eds(session)
    axes = (space("y", 60, 0.1), space("x", 60, 0.1))
    sem = add(session, np.zeros((60, 60)), axes, name="SEM", technique="SEM", kind="image")
    registration = session.start_registration(sem.id, eds.id, "tps")
    places = np.array([[y, x] for y in np.linspace(0, 4, 6) for x in np.linspace(0, 5, 6)])
    bulge = 0.5 * np.sin(places[:, ::-1] * 1.3) * [1.0, -0.6]
    pairs = [
        LandmarkPair(name=f"L{i}", moving=tuple(map(float, a)), fixed=tuple(map(float, b)))
        for i, (a, b) in enumerate(zip(places, places + bulge, strict=True))
    ]
    session.add_pairs(registration.id, pairs)
    box = drawn(sem, [[1.0, 1.0], [1.0, 4.0], [3.0, 4.0], [3.0, 1.0]], "rectangle")
    mask = session.spectra.reading.mask(eds, box).full((40, 50))
    back = session.locating.frame_transform(eds.id, sem.id)
    there = back(np.pad(centres_of(eds), ((0, 0), (1, 0))))[:, 1:]
    inside = np.all((there >= [1.0, 1.0]) & (there <= [3.0, 4.0]), axis=1).reshape(40, 50)
    straight = session.locating.vertices_in(box, eds)
    rough = Polygon(straight).contains_points(centres_of(eds)).reshape(40, 50)
    assert (mask != inside).sum() <= 4, "only centres on the very outline may differ"
    assert (rough != inside).sum() > 15, "four straight sides would not do"


@given(st.lists(st.tuples(*[st.integers(0, 11)] * 4), min_size=1, max_size=6))
def test_a_box_that_moves_gives_what_it_gives_when_it_stands(boxes):
    values = np.random.default_rng(2).integers(0, 9, (12, 12, 5), dtype=np.uint8)
    axis = Axis(name="Energy", size=5, role="energy")
    axes = (Axis(name="y", size=12), Axis(name="x", size=12), axis)
    live = LiveSum()
    for y0, x0, y1, x1 in boxes:
        mask = np.zeros((12, 12), bool)
        mask[min(y0, y1) : max(y0, y1) + 1, min(x0, x1) : max(x0, x1) + 1] = True
        found = live.of_mask(values, axes, mask)
        assert found.pixels == mask.sum()
        np.testing.assert_array_equal(found.total, values[mask].sum(axis=0))


def test_real_values_are_summed_anew():
    values = np.random.default_rng(2).random((12, 12, 5))
    axes = (Axis(name="y", size=12), Axis(name="x", size=12), Axis(name="E", size=5, role="energy"))
    live = LiveSum()
    for shift in (0, 1, 2):
        mask = np.zeros((12, 12), bool)
        mask[shift : shift + 8, 1:9] = True
        found = live.of_mask(values, axes, mask)
        np.testing.assert_allclose(found.total, values[mask].sum(axis=0), rtol=1e-14)
    with pytest.raises(TiepointError, match="no pixel centre"):
        live.of_mask(values, axes, np.zeros((12, 12), bool))


def test_the_pixel_under_the_pointer(session):
    eds = add_eds(session)
    found = session.spectra.reading.at(eds, eds.id, np.array([0.0, 1.24, 2.36]))
    values = np.asarray(session.store.array(eds), float)
    np.testing.assert_array_equal(found.total, values[12, 24])
    with pytest.raises(TiepointError):
        session.spectra.reading.at(eds, eds.id, np.array([0.0, -3.0, 2.0]))


@pytest.mark.realdata
def test_files_are_kept_in_memory_as_far_as_the_budget_goes(session, realdata):
    names = ("eds/test_TEM.bcf", "eds/bcf_v2_50x50px.bcf")
    session.add_files([realdata / name for name in names])
    one, other = (d for d in session.project.datasets if d.kind == "spectrum image")
    memory = SpectrumMemory(session, budget=9_000_000)
    first = memory.room_for(one)
    assert first is not None
    first[...] = np.asarray(session.store.array(one))
    memory.keep(one, first)
    assert memory.array(one) is first
    assert memory.room_for(one) is None, "it is there already"
    second = memory.room_for(other)
    memory.keep(other, second)
    assert not memory.has(one), "the older copy is given up"
    assert memory.has(other)
    assert SpectrumMemory(session, budget=1000).room_for(one) is None
    *_, last = session.spectra.reading.whole(one)
    assert session.spectra.reading.memory.has(one)
    np.testing.assert_array_equal(last.total, first.sum(axis=(0, 1), dtype=float))

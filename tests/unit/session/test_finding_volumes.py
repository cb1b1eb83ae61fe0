"""Two volumes of a project registered from their values: units, falling axes, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter
from scipy.spatial.transform import Rotation

from tiepoint.geometry.transforms import Affine
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import Found
from tiepoint.session import Session
from tiepoint.session.finding import FoundRegistration
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import TaskControl

SHAPE = (40, 44, 48)
TURN = Rotation.from_euler("zyx", [25, -6, 8], degrees=True).as_matrix()
CENTRE = (np.array(SHAPE) - 1) / 2
OFFSET = np.array([1.5, -1.0, 2.0]) + CENTRE - TURN @ CENTRE


def volume(name, values, session, scale, unit, start=(0.0, 0.0, 0.0)):
    axes = tuple(
        Axis(name=n, size=size, scale=s, offset=o, unit=unit, role="space")
        for n, size, s, o in zip("zyx", values.shape, scale, start, strict=True)
    )
    dataset = Dataset(name=name, kind="volume", technique="micro-CT", axes=axes, frame=name)
    session.store.put(dataset.id, values.astype(np.float32))
    session.add_datasets([dataset])
    return session.dataset(name)


@pytest.fixture
def pair():
    """A volume in µm and the same, turned, in nm, stored with its last row first."""
    rng = np.random.default_rng(7)
    inner = np.zeros(SHAPE)
    inner[8:-8, 8:-8, 8:-8] = rng.normal(size=(24, 28, 32))
    values = gaussian_filter(inner, 2)
    seen = affine_transform(values, TURN, offset=OFFSET, order=3)
    session = Session()
    fixed = volume("fixed", values, session, (0.5, 0.5, 0.5), "µm")
    last = (SHAPE[1] - 1) * 500.0
    moving = volume(
        "moving", seen[:, ::-1], session, (500.0, -500.0, 500.0), "nm", (0.0, last, 0.0)
    )
    yield session, moving, fixed
    session.close()


def test_two_volumes_are_found_in_their_own_units(pair):
    session, moving, fixed = pair
    found = session.finding.mutual_information(moving.id, fixed.id, TaskControl())
    assert found.model == "rigid"
    assert session.project.registrations == ()
    session.finding.accept(found)
    index = np.array([[10.0, 12, 14], [30, 8, 33], [22, 35, 9]])
    places = session.locating.locate("moving", "fixed", index * 500.0)
    truth = (index @ TURN.T + OFFSET) * 0.5
    np.testing.assert_allclose([p.position for p in places], truth, atol=0.15)
    assert all(place.semi_axes is None for place in places), "the volumes tell no error"


def agreement(blend):
    both = blend.fixed.mask & blend.moving.mask
    assert both.mean() > 0.4
    return np.corrcoef(blend.fixed.values[both], blend.moving.values[both])[0, 1]


def test_a_choice_between_two_volumes_shows_them_laid_on_each_other(pair):
    session, moving, fixed = pair

    def found(slip_um):
        place = Affine(TURN * 0.5 / 500, OFFSET * 0.5 + slip_um)
        said = Found(method="mutual information", sentence="Look.")
        return FoundRegistration(moving.id, fixed.id, "rigid", place, said, 0.3)

    def search(*_):
        return replace(found(0.0), rivals=(found(3.0),))

    choice = session.choosing.registration(search, moving.id, fixed.id, TaskControl())
    right, slipped = choice.candidates
    assert [len(one.blends) for one in choice.candidates] == [3, 3]
    assert choice.before == ()
    for good, bad in zip(right.blends, slipped.blends, strict=True):
        assert agreement(good) > 0.95
        assert agreement(bad) < 0.7
    z, x, y = (one.fixed.values.shape for one in right.blends)
    assert (x[0], y[1]) == z, "rows and columns are shared"
    session.finding.accept(slipped.answer)
    again = session.choosing.registration(search, moving.id, fixed.id, TaskControl())
    for now, bad in zip(again.before, slipped.blends, strict=True):
        np.testing.assert_allclose(now.moving.values, bad.moving.values, atol=1e-5)


def test_an_image_and_a_volume_are_pointed_elsewhere(pair):
    session, _, fixed = pair
    axes = fixed.axes[1:]
    flat = Dataset(name="flat", kind="image", technique="SEM", axes=axes, frame="flat")
    session.store.put(flat.id, np.ones(SHAPE[1:], np.float32))
    session.add_datasets([flat])
    with pytest.raises(TiepointError, match="Find the plane"):
        session.finding.mutual_information(session.dataset("flat").id, fixed.id, TaskControl())


def test_volumes_of_unknown_voxels_are_refused(pair):
    session, _, fixed = pair
    bare = volume("bare", np.ones(SHAPE), session, (1.0, 1.0, 1.0), None)
    with pytest.raises(TiepointError, match="voxel sizes"):
        session.finding.mutual_information(bare.id, fixed.id, TaskControl())

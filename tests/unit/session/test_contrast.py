"""Limits of large data are refined in the background, unless somebody set them."""

import numpy as np
import pytest
import tifffile

from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.support.tasks import Cancelled, TaskControl


@pytest.fixture
def stack(tmp_path):
    """Every third slice is bright; the first look takes none of these."""
    values = np.random.default_rng(2).integers(0, 100, (30, 64, 64)).astype(np.uint16)
    looked_at = np.linspace(0, 29, 10).astype(int)[1:-1]
    bright = np.setdiff1d(np.arange(30), looked_at)[::2]
    values[bright] += 5000
    tifffile.imwrite(tmp_path / "stack.tif", values, metadata={"axes": "ZYX"})
    return tmp_path / "stack.tif", tuple(np.percentile(values, [0.3, 99.7]))


@pytest.fixture
def opened(stack, own_home):
    session = Session()
    (dataset,) = session.add_files([stack[0]])
    session.drawing.prepare(dataset)
    yield session, dataset
    session.close()


def test_limits_are_refined_and_that_is_no_edit(opened, stack):
    session, dataset = opened
    before = session.project
    assert session.drawing.limits(dataset)[1] < 200
    assert session.contrast.wanted(dataset)
    assert session.contrast.refine(dataset)
    assert session.drawing.limits_if_known(dataset) == pytest.approx(stack[1], abs=51)
    assert session.project is before


def test_limits_that_somebody_set_stay(opened):
    session, dataset = opened
    session.document.apply("limits", edits.set_display(dataset.id, limits=(3.0, 4.0)))
    dataset = session.dataset(dataset.id)
    assert not session.contrast.wanted(dataset)
    session.contrast.refine(dataset)
    assert session.drawing.limits(dataset) == (3.0, 4.0)


def test_a_file_that_was_replaced_meanwhile_keeps_its_own(opened):
    session, dataset = opened

    class Replacing(TaskControl):
        def progress(self, *_share: object) -> None:
            session.store.forget(dataset)

    assert not session.contrast.refine(dataset, Replacing())
    assert session.store.known_limits(dataset) is None


def test_refining_can_be_cancelled(opened):
    session, dataset = opened
    before = session.drawing.limits(dataset)
    control = TaskControl()
    control.stop()
    with pytest.raises(Cancelled):
        session.contrast.refine(dataset, control)
    assert session.drawing.limits(dataset) == before


def test_small_images_need_none(tmp_path, own_home):
    tifffile.imwrite(tmp_path / "small.tif", np.zeros((40, 50), np.uint8))
    session = Session()
    (dataset,) = session.add_files([tmp_path / "small.tif"])
    assert not session.contrast.wanted(dataset)
    session.close()

"""Copies serve maps and spectra with the same bits, and step aside when they cannot."""

import numpy as np
import pytest

from tiepoint.data.copies import make as making
from tiepoint.data.copies.events import EventArray
from tiepoint.data.copies.make import NoCopyError
from tiepoint.data.copies.serving import ServedCopy
from tiepoint.demo.hspy import write_hspy
from tiepoint.demo.sizes import Sizes
from tiepoint.session import Session
from tiepoint.spectra.intensity import net_maps
from tiepoint.spectra.notation import parse
from tiepoint.spectra.regions import mask_spectrum
from tiepoint.spectra.windows import recipe_for
from tiepoint.support.settings import Settings, save_settings
from tiepoint.support.tasks import Cancelled, TaskControl

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def path(request, tmp_path, monkeypatch):
    """A HyperSpy file with a spectrum image of 66 × 70 × 720; a parameter is its mean count."""
    monkeypatch.setattr(making, "WORTH_BYTES", 1 << 20)
    rng = np.random.default_rng(1)
    eds = rng.poisson(getattr(request, "param", 20.0), (66, 70, 720)).astype(np.uint16)
    target = tmp_path / "scan.hspy"
    write_hspy(target, np.zeros((66, 70), np.uint16), eds, Sizes.small())
    return target


def opened(path):
    session = Session()
    session.add_files([path])
    return session, next(d for d in session.project.datasets if d.kind == "spectrum image")


def answers(session, dataset):
    array = session.store.array(dataset)
    mask = np.random.default_rng(5).random((66, 70)) < 0.3
    recipes = [recipe_for(dataset.id, parse(text), net=True) for text in ("Fe Ka", "O Ka")]
    found = [session.spectra.compute(recipe).values for recipe in recipes]
    found += [one.sigma for one in net_maps(array, dataset.axes, recipes)]
    found.append(mask_spectrum(array, dataset.axes, mask).total)
    found.append(session.spectra.of_box(dataset, (3, 5, 62, 68)).total)
    return found


@pytest.mark.parametrize("path", [0.05, 20.0], ids=["sparse", "dense"], indirect=True)
def test_a_copy_gives_the_same_bits_and_is_found_again(path, request):
    session, dataset = opened(path)
    assert session.copying.wanted(dataset)
    assert not session.copying.has(dataset)
    before = answers(session, dataset)
    session.copying.make(dataset)
    assert session.copying.has(dataset)
    assert not session.copying.wanted(dataset)
    sparse = "sparse" in request.node.callspec.id
    assert isinstance(session.store.array(dataset), EventArray if sparse else ServedCopy)
    again, other = opened(path)
    assert again.copying.has(other)
    for user, image in ((session, dataset), (again, other)):
        for one, two in zip(before, answers(user, image), strict=True):
            assert np.asarray(one).dtype == np.asarray(two).dtype
            assert np.asarray(one).tobytes() == np.asarray(two).tobytes()
    assert session.copying.bytes > 0
    session.copying.clear()
    assert session.copying.bytes == 0
    assert not session.copying.has(dataset)
    assert np.array_equal(answers(session, dataset)[0], before[0])


def test_a_changed_file_is_not_served_from_its_old_copy(path):
    session, dataset = opened(path)
    session.copying.make(dataset)
    rng = np.random.default_rng(2)
    eds = rng.poisson(3, (66, 70, 720)).astype(np.uint16)
    write_hspy(path, np.zeros((66, 70), np.uint16), eds, Sizes.small())
    again, other = opened(path)
    assert not again.copying.has(other)
    assert again.spectra.of_box(other, (0, 0, 66, 70)).total.sum() == eds.sum()


def test_a_file_that_changes_meanwhile_gets_no_copy(path):
    session, dataset = opened(path)

    class Touching(TaskControl):
        def progress(self, fraction, message=""):
            path.touch()

    with pytest.raises(NoCopyError, match="changed while it was copied"):
        session.copying.make(dataset, Touching())
    assert session.copying.bytes == 0


def test_damage_found_while_reading_falls_back_to_the_file(path):
    session, dataset = opened(path)
    before = answers(session, dataset)
    session.copying.make(dataset)
    served = session.store.array(dataset)
    data = bytearray(served.copy.path.read_bytes())
    for place in range(1000, len(data) - 10_000, 5000):
        data[place] ^= 255
    served.copy.path.write_bytes(data)
    assert np.array_equal(answers(session, dataset)[0], before[0])
    again, other = opened(path)
    assert not again.copying.has(other)


def test_a_copy_that_another_window_removed_is_not_missed(path):
    session, dataset = opened(path)
    before = answers(session, dataset)
    session.copying.make(dataset)
    assert session.copying.has(dataset)
    opened(path)[0].copying.clear()
    assert np.array_equal(answers(session, dataset)[0], before[0])
    assert not session.copying.has(dataset)


def test_cancelled_work_leaves_nothing(path):
    session, dataset = opened(path)
    task = session.tasks.start("Copy", lambda control: control.check())
    task.future.result()
    control = TaskControl()
    control._stop.set()
    with pytest.raises(Cancelled):
        session.copying.make(dataset, control)
    assert session.copying.bytes == 0
    session.close()


def test_copies_can_be_switched_off(path):
    save_settings(Settings(copies_limit_gb=0))
    session, dataset = opened(path)
    assert not session.copying.wanted(dataset)
    with pytest.raises(NoCopyError, match="switched off"):
        session.copying.make(dataset)
    session.copying.clear()
    assert session.copying.bytes == 0

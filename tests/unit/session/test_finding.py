"""Registrations found from the images: proposed, accepted by a person, kept in the file."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from tiepoint.geometry.transforms import Affine
from tiepoint.model.registration import Found, LandmarkPair
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.session.finding import FoundRegistration
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import Cancelled, TaskControl

PIXEL_NM = 20.0
SHIFT_PX = np.array([7.0, -12.0])


def _write(path: Path, values: np.ndarray) -> Path:
    metadata = {"axes": "YX", "PhysicalSizeX": PIXEL_NM, "PhysicalSizeXUnit": "nm",
                "PhysicalSizeY": PIXEL_NM, "PhysicalSizeYUnit": "nm"}  # fmt: skip
    tifffile.imwrite(path, values.astype(np.float32), ome=True, metadata=metadata)
    return path


@pytest.fixture
def shifted(tmp_path: Path) -> Session:
    """Two images of one texture; moving shows it SHIFT_PX pixels further up and left."""
    texture = gaussian_filter(np.random.default_rng(4).normal(size=(300, 320)), 3)
    fixed = texture[40:240, 40:260]
    y, x = (40 + SHIFT_PX).astype(int)
    moving = texture[y : y + 200, x : x + 220]
    session = Session()
    session.add_files(
        [_write(tmp_path / "fixed.ome.tif", fixed), _write(tmp_path / "moving.ome.tif", moving)]
    )
    return session


def _ids(session: Session) -> tuple[str, str]:
    return session.dataset("moving").id, session.dataset("fixed").id


def test_a_shift_is_proposed_accepted_and_located(shifted: Session, tmp_path: Path) -> None:
    proposal = shifted.finding.shift(*_ids(shifted), TaskControl())
    assert shifted.project.registrations == ()
    shifted.finding.accept(proposal)
    [found] = shifted.locating.locate("moving", "fixed", np.array([[1000.0, 2000.0]]))
    np.testing.assert_allclose(found.position, [1000, 2000] + SHIFT_PX * PIXEL_NM, atol=1.0)
    shifted.save(tmp_path / "found")
    again = Session.open(tmp_path / "found.tiepoint")
    [kept] = again.locating.locate("moving", "fixed", np.array([[1000.0, 2000.0]]))
    np.testing.assert_array_equal(kept.position, found.position)
    assert again.project.registrations[0].found == proposal.found


def test_accepting_is_one_undo_step(shifted: Session) -> None:
    before = shifted.project
    shifted.finding.accept(shifted.finding.shift(*_ids(shifted), TaskControl()))
    shifted.document.undo()
    assert shifted.project == before


def test_images_of_other_pixel_sizes_are_not_shifted_onto_each_other(
    shifted: Session, tmp_path: Path
) -> None:
    path = tmp_path / "coarse.tif"
    tifffile.imwrite(path, np.random.default_rng(0).random((64, 64)).astype(np.float32))
    coarse = shifted.add_files([path])[0]
    with pytest.raises(TiepointError, match="one pixel size"):
        shifted.finding.shift(coarse.id, shifted.dataset("fixed").id, TaskControl())


def test_unrelated_images_are_refused_in_words(shifted: Session, tmp_path: Path) -> None:
    noise = _write(tmp_path / "noise.ome.tif", np.random.default_rng(9).normal(size=(200, 220)))
    other = shifted.add_files([noise])[0]
    with pytest.raises(TiepointError):
        shifted.finding.shift(other.id, shifted.dataset("fixed").id, TaskControl())


def test_a_cancelled_search_ends(shifted: Session) -> None:
    control = TaskControl()
    control._stop.set()
    with pytest.raises(Cancelled):
        shifted.finding.mutual_information(*_ids(shifted), control)


def test_an_error_that_no_image_tells_is_not_invented(shifted: Session) -> None:
    moving, fixed = _ids(shifted)
    transform = Affine(np.eye(2), np.array([140.0, -240.0]))
    found = Found(method="mutual information", sentence="They share much information.")
    shifted.finding.accept(FoundRegistration(moving, fixed, "affine", transform, found))
    [place] = shifted.locating.locate("moving", "fixed", np.array([[1000.0, 2000.0]]))
    np.testing.assert_allclose(place.position, [1140.0, 1760.0])
    assert place.semi_axes is None
    assert "accuracy not known" in place.reason


def test_beside_landmark_pairs_a_proposal_becomes_the_branch_in_use(shifted: Session) -> None:
    moving, fixed = _ids(shifted)
    by_hand = shifted.start_registration(moving, fixed)
    places = ((0.0, 0.0), (0.0, 900.0), (900.0, 0.0))
    pairs = tuple(LandmarkPair(name=f"P{n}", moving=p, fixed=p) for n, p in enumerate(places))
    shifted.add_pairs(by_hand.id, pairs)
    before = shifted.project
    found = Found(method="mutual information", sentence="They share much information.")
    transform = Affine(np.eye(2), np.array([140.0, -240.0]))
    kept = shifted.finding.accept(FoundRegistration(moving, fixed, "affine", transform, found))
    assert (kept.branch, kept.in_use, kept.pairs) == ("mutual information", True, ())
    assert shifted.registration(by_hand.id).pairs
    assert not shifted.registration(by_hand.id).in_use
    [place] = shifted.locating.locate("moving", "fixed", np.array([[1000.0, 2000.0]]))
    np.testing.assert_allclose(place.position, [1140.0, 1760.0])
    shifted.document.undo()
    assert shifted.project == before
    shifted.document.redo()
    shifted.document.apply("Back", edits.use_branch(by_hand.id))
    again = shifted.finding.accept(FoundRegistration(moving, fixed, "affine", transform, found))
    assert again.branch == "mutual information 2"

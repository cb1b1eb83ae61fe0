"""A volume as an image sees it: sums and maxima along the viewing lines, never a fake section."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tiepoint.data.sampling import index_to_physical
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane, viewing_lines
from tiepoint.geometry.resample import SlabSpec
from tiepoint.geometry.transforms import Affine
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.registration import LandmarkPair
from tiepoint.session import Session
from tiepoint.session.projecting import words_of
from tiepoint.session.trust import distrust
from tiepoint.support.errors import TiepointError

SHAPE = (20, 30, 40)


def dataset(name: str, values: np.ndarray, session: Session, scale: float = 1.0) -> Dataset:
    axes = tuple(
        Axis(name=n, size=size, scale=scale, unit="µm", role="space")
        for n, size in zip("zyx"[-values.ndim :], values.shape, strict=True)
    )
    kind = "image" if values.ndim == 2 else "volume"
    made = Dataset(name=name, kind=kind, technique="CT", axes=axes, frame=name)
    session.store.put(made.id, values)
    return made


def projected(turn: np.ndarray, noise: float = 0.0, n: int = 8) -> Session:
    """A volume of noise and an image of its size, registered by a projection with this turn."""
    session = Session()
    rng = np.random.default_rng(1)
    volume, image = rng.uniform(0, 1, SHAPE), np.zeros(SHAPE[1:])
    a, b = session.add_datasets(
        [
            dataset("V", volume.astype(np.float32), session),
            dataset("I", image.astype(np.float32), session),
        ]
    )
    points = rng.uniform(2, 18, (n, 3))
    seen = points @ turn.T + rng.normal(0, noise, (n, 2))
    registration = session.start_registration(a.id, b.id)
    assert registration.model == "projection"
    session.add_pairs(
        registration.id,
        [
            LandmarkPair(name=f"L{k}", moving=tuple(p), fixed=tuple(q))
            for k, (p, q) in enumerate(zip(points.tolist(), seen.tolist(), strict=True))
        ],
    )
    return session


def whole(session: Session) -> Grid:
    return Grid(SHAPE[1:], index_to_physical(session.dataset("I")))


@pytest.mark.parametrize("method", ["mean", "max", "min"])
def test_straight_through_is_what_numpy_says(method: str) -> None:
    session = projected(np.eye(3)[1:])
    volume, image = session.dataset("V"), session.dataset("I")
    slab = None if method == "mean" else SlabSpec(1.0, method)  # type: ignore[arg-type]
    drawn = session.drawing.section(volume, image.id, Plane.at(), whole(session), slab=slab)
    wanted = getattr(np, method)(session.store.array(volume)[...], axis=0)
    assert drawn.mask.all()
    np.testing.assert_allclose(drawn.values, wanted, atol=1e-5)
    assert method[:3] in words_of(slab)


def test_a_point_lies_on_its_viewing_line_at_any_depth() -> None:
    turn = 1.7 * Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix()[1:]
    projection = Affine(turn, np.array([3.0, -4.0]))
    lines = viewing_lines(projection)
    places = np.random.default_rng(0).uniform(-5, 5, (9, 3))
    np.testing.assert_allclose(projection(lines(places)), places[:, 1:], atol=1e-12)
    steps = lines(places + np.array([1.0, 0, 0])) - lines(places)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 1 / 1.7)


@pytest.mark.parametrize("rows", [np.zeros((2, 3)), np.array([[1.0, 0, 0], [2.0, 0, 0]])])
def test_an_edge_on_projection_is_refused(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="edge on"):
        viewing_lines(Affine(rows, np.zeros(2)))


def test_a_projection_is_no_way_back_to_a_point() -> None:
    session = projected(np.eye(3)[1:])
    volume, image = session.dataset("V"), session.dataset("I")
    locating = session.locating
    assert locating.viewing_lines(image.id, volume.id) is not None
    assert locating.can_be_seen(image.id, volume.id)
    assert not locating.are_related(image.id, volume.id)
    assert not locating.can_be_seen(volume.id, image.id)
    with pytest.raises(TiepointError):
        locating.frame_transform(image.id, volume.id)


def test_a_tilted_view_is_refused_and_the_outline_is_known() -> None:
    session = projected(np.eye(3)[1:])
    volume, image = session.dataset("V"), session.dataset("I")
    with pytest.raises(TiepointError, match="level the section"):
        session.drawing.section(volume, image.id, Plane.at(0, (10, 0)), whole(session))
    box = session.drawing.bounds_in_plane(volume.id, image.id, Plane.at())
    np.testing.assert_allclose(box, [[-0.5, -0.5], [29.5, 39.5]], atol=1e-6)


def test_the_overlay_is_not_trusted_beside_the_pairs() -> None:
    turn = Rotation.from_euler("xyz", [5, 8, -4], degrees=True).as_matrix()[1:]
    session = projected(turn, noise=0.05)
    image = session.dataset("I")
    (registration,) = session.project.registrations
    corners = (np.array([0.0, 0.0]), np.array([29.0, 39.0]))
    found = distrust(session, registration.id, image.id, Plane.at(), corners, None)
    assert found is not None
    assert 0 < found.extrapolated.sum() < found.extrapolated.size
    pairs = np.array([pair.fixed for pair in registration.pairs])
    middle = ((pairs.mean(axis=0) - found.low) / (found.high - found.low) * 24).astype(int)
    assert not found.extrapolated[tuple(middle)]
    strict = distrust(session, registration.id, image.id, Plane.at(), corners, 1e-9)
    assert strict is not None
    assert strict.too_large.any()

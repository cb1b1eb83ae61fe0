"""Drift of a series, grids of spots, and shifts of a part of the image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.region import Region
from tiepoint.model.registration import LandmarkPair
from tiepoint.project import edits
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import TaskControl

PIXEL = 20.0
DRIFT = np.array([[0, 0], [3, -2], [7, -5], [12, -9]])


def image(name: str, values: np.ndarray, session: Session, offset: float = 0.0) -> Dataset:
    axes = tuple(
        Axis(name=n, size=size, scale=PIXEL, offset=offset, unit="nm", role="space")
        for n, size in zip("zyx"[-values.ndim :], values.shape, strict=True)
    )
    kind = "image" if values.ndim == 2 else "volume"
    dataset = Dataset(name=name, kind=kind, technique="SEM", axes=axes, frame=name)
    session.store.put(dataset.id, values.astype(np.float32))
    return dataset


def texture(shape: tuple[int, int], seed: int = 4) -> np.ndarray:
    return gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)


@pytest.fixture
def series() -> Session:
    """Four frames of one texture that drift, the third with its own origin."""
    session, whole = Session(), texture((180, 180))
    frames = []
    for n, (y, x) in enumerate(DRIFT):
        part = whole[20 + y : 140 + y, 20 + x : 140 + x]
        frames.append(image(f"frame{n}", part, session, offset=100.0 if n == 2 else 0.0))
    made = session.add_datasets(frames)
    session.series.make("heating", {d.id: 5.0 * n for n, d in enumerate(made)})
    return session


def test_a_drift_is_proposed_accepted_and_located(series: Session) -> None:
    drift = series.finding_drift.find("heating", TaskControl())
    assert series.project.registrations == ()
    wanted = DRIFT * PIXEL
    wanted[2] -= 100
    np.testing.assert_allclose(drift.shifts_yx, wanted, atol=2.0)
    assert (drift.sigma_yx[1:] < 2 * PIXEL).all()
    assert list(drift.minutes) == [0, 5, 10, 15]
    assert "drift by up to" in drift.sentence
    assert series.finding_drift.accept(drift) == 3
    [found] = series.locating.locate("frame3", "frame1", np.array([[1000.0, 1200.0]]))
    np.testing.assert_allclose(
        found.position, [1000, 1200] + (DRIFT[3] - DRIFT[1]) * PIXEL, atol=3.0
    )
    series.document.undo()
    assert series.project.registrations == ()


def test_landmark_pairs_are_kept(series: Session) -> None:
    drift = series.finding_drift.find("heating", TaskControl())
    registration = series.start_registration("frame1", "frame0")
    pair = LandmarkPair(name="L1", moving=(1.0, 2.0), fixed=(3.0, 4.0))
    series.add_pairs(registration.id, [pair])
    assert series.finding_drift.accept(drift) == 2
    assert series.registration(registration.id).pairs[0].name == "L1"


def test_a_second_drift_takes_the_place_of_the_first(series: Session) -> None:
    drift = series.finding_drift.find("heating", TaskControl())
    series.finding_drift.accept(drift)
    before = series.project
    series.finding_drift.accept(drift)
    assert series.project == before
    assert len(before.registrations) == 3


def test_a_registration_the_other_way_round_takes_the_opposite_shift(series: Session) -> None:
    series.start_registration("frame0", "frame3")
    drift = series.finding_drift.find("heating", TaskControl())
    assert series.finding_drift.accept(drift) == 3
    [found] = series.locating.locate("frame3", "frame0", np.array([[1000.0, 1200.0]]))
    np.testing.assert_allclose(found.position, [1000, 1200] + DRIFT[3] * PIXEL, atol=3.0)


def test_volumes_and_unlike_pixels_are_refused(series: Session) -> None:
    (volume,) = series.add_datasets([image("V", np.zeros((4, 8, 8)), series)])
    ids = [d.id for d in series.project.datasets if d.series]
    minutes = {i: float(n) for n, i in enumerate(ids)}
    series.series.make("heating", {**minutes, volume.id: 9.0})
    with pytest.raises(TiepointError, match="volumes"):
        series.finding_drift.find("heating", TaskControl())
    series.series.make("heating", minutes)
    series.document.apply("other", edits.set_calibration(ids[1], [30.0, 30.0], "nm"))
    with pytest.raises(TiepointError, match="differ in pixel size"):
        series.finding_drift.find("heating", TaskControl())


def spots(rows: int, cols: int, angle_deg: float) -> tuple[np.ndarray, np.ndarray]:
    turn = np.radians(angle_deg)
    steps = 18 * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    index = np.stack(np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"), -1)
    points = (index.reshape(-1, 2) - [(rows - 1) / 2, (cols - 1) / 2]) @ steps + [70, 80]
    yx = np.stack(np.mgrid[:140, :160], -1)
    picture = sum(np.exp(-((yx - p) ** 2).sum(-1) / 8) for p in points)
    return np.asarray(picture), points


def test_grids_are_paired_in_reading_order_with_their_errors() -> None:
    session = Session()
    (one, first), (other, second) = spots(4, 5, 3.0), spots(4, 5, -8.0)
    rng = np.random.default_rng(0)
    noisy = [v + rng.normal(0, 0.02, v.shape) for v in (one, other)]
    session.add_datasets([image("A", noisy[0], session), image("B", noisy[1], session)])
    registration = session.start_registration("A", "B")
    found = session.finding_pairs.grid(registration.id, 4, 5, TaskControl())
    assert len(found.pairs) == 20
    assert "mirrored" in found.sentence
    np.testing.assert_allclose([p.moving for p in found.pairs], first * PIXEL, atol=3.0)
    np.testing.assert_allclose([p.fixed for p in found.pairs], second * PIXEL, atol=3.0)
    assert all(p.fle_fixed is not None and 0 < p.fle_fixed[0] < PIXEL for p in found.pairs)
    with pytest.raises(TiepointError, match="In the moving image"):
        session.finding_pairs.grid(registration.id, 9, 9, TaskControl())


def test_a_region_keeps_what_moves_by_itself_out_of_the_shift() -> None:
    """Left: the sample, shifted. Right: the holder, brighter, that did not move."""
    sample, holder = texture((120, 90), 1), 12 * texture((100, 80), 2)
    session = Session()
    fixed = np.hstack([sample[10:110, 10:80], holder])
    moving = np.hstack([sample[16:116, 4:74], holder])
    session.add_datasets([image("A", moving, session), image("B", fixed, session)])
    a, b = session.dataset("A"), session.dataset("B")

    def left(dataset: Dataset) -> Region:
        y, x = 99 * PIXEL, 68 * PIXEL
        corners = ((0.0, 0.0), (0.0, x), (y, x), (y, 0.0))
        return Region(name="sample", shape="rectangle", dataset=dataset.id, vertices=corners)

    finding = session.finding
    whole = finding.shift(a.id, b.id, TaskControl())
    np.testing.assert_allclose(whole.moving_to_fixed.offset, [0, 0], atol=PIXEL)
    part = finding.shift(a.id, b.id, TaskControl(), left(a), left(b))
    np.testing.assert_allclose(part.moving_to_fixed.offset, [6 * PIXEL, -6 * PIXEL], atol=3)
    line = Region(name="cut", shape="line", dataset=a.id, vertices=((0.0, 0.0), (9.0, 9.0)))
    with pytest.raises(TiepointError, match="covers no area"):
        finding.shift(a.id, b.id, TaskControl(), line)

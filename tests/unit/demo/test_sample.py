"""The material: one truth at every point, however it is sampled."""

import numpy as np
import pytest

from tiepoint.demo import make_twin
from tiepoint.demo.noise import Waves
from tiepoint.demo.phases import MATERIALS, Phase, haadf_strength
from tiepoint.demo.sample import grid_points
from tiepoint.demo.stem import index_to_sample
from tiepoint.geometry.transforms import Affine


@pytest.fixture(scope="module")
def twin():
    return make_twin(11)


def test_points_and_grid_agree(twin):
    plane = index_to_sample(twin)
    part = Affine(plane.linear * 10, plane.offset)
    shape = (76, 102)
    grid = twin.sample.phase_on_grid(part, shape, 45.0)
    points = grid_points(part, shape).reshape(-1, 3)
    alone = twin.sample.phase_at(points, 45.0).reshape(shape)
    assert len(np.unique(grid)) >= 5
    assert (grid == alone).mean() > 0.999


def test_volume_and_points_agree(twin):
    corner = Affine(0.4 * np.eye(3), np.array([40.0, 12.0, 40.0]))
    shape = (14, 15, 16)
    grid = twin.sample.phase_on_grid(corner, shape, 20.0, fine=False)
    alone = twin.sample.phase_at(grid_points(corner, shape).reshape(-1, 3), 20.0, fine=False)
    assert (grid.ravel() == alone).mean() > 0.999


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_landmarks_are_made_of_what_they_are_called(seed):
    sample = make_twin(seed).sample
    marks = sample.features.landmarks
    behind = [mark.position_zyx_um - 0.03 * sample.face.normal for mark in marks]
    phases = sample.phase_at(np.array([*behind, sample.features.target]), 0.0)
    expected = {
        "pore": Phase.PORE,
        "Gd-rich precipitate": Phase.GD_RICH,
        "laser mark": Phase.OUTSIDE,
        "FIB mark": Phase.OUTSIDE,
    }
    for mark, phase in zip(marks, phases[:-1], strict=True):
        assert phase == expected[mark.kind], mark.name
    assert phases[-1] == Phase.HYDRIDE


def test_metal_retreats_and_layer_grows(twin):
    rng = np.random.default_rng(0)
    points = np.stack([rng.uniform(40, 90, 20000), *rng.uniform(5, 90, (2, 20000))], axis=1).astype(
        np.float32
    )
    metal, layer = [], []
    for minutes in (0.0, 20.0, 45.0):
        phase = twin.sample.background(points, minutes)
        metal.append((phase == Phase.MATRIX).sum())
        layer.append(np.isin(phase, [Phase.HYDROXIDE, Phase.CALCIUM_PHOSPHATE]).sum())
    assert metal[0] > metal[1] > metal[2] > 0.6 * metal[0]
    assert layer[0] < layer[1] < layer[2]


def test_cracks_only_in_old_layers(twin):
    plane = Affine(np.array([[0.0, 0.0], [0.2, 0.0], [0.0, 0.2]]), np.array([50.0, 0.0, 0.0]))
    fresh = twin.sample.phase_on_grid(plane, (480, 480), 0.0)
    old = twin.sample.phase_on_grid(plane, (480, 480), 45.0)
    assert (fresh == Phase.CRACK).sum() == 0
    assert 100 < (old == Phase.CRACK).sum() < 0.2 * (old == Phase.HYDROXIDE).sum()


def test_mass_fractions_sum_to_one():
    for material in MATERIALS.values():
        if material.mass_fractions:
            assert sum(material.mass_fractions.values()) == pytest.approx(1)
    gadolinium = MATERIALS[Phase.GD_RICH].mass_fractions["Gd"]
    assert gadolinium == pytest.approx(157.25 / (157.25 + 5 * 24.305))


def test_haadf_ranks_by_atomic_number():
    strength = haadf_strength()
    order = [Phase.PORE, Phase.HYDROXIDE, Phase.MATRIX, Phase.GD_RICH, Phase.HYDRIDE]
    assert (np.diff(strength[order]) > 0).all()


def test_waves_do_not_depend_on_how_many_points_are_asked():
    waves = Waves.make(np.random.default_rng(2), (2.0, 5.0))
    points = np.random.default_rng(3).uniform(0, 50, (9000, 3))
    values = waves(points)
    np.testing.assert_allclose(waves(points[:10]), values[:10], atol=1e-12)
    assert abs(values.mean()) < 0.1
    assert values.std() == pytest.approx(1, abs=0.15)

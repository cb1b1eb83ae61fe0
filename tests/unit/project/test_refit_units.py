"""Units of a fit between a calibrated and an uncalibrated dataset."""

import numpy as np
import pytest

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project.refit import fit_of, refit
from tiepoint.project.space import Space
from tiepoint.registration.result import Fit


def _dataset(name: str, unit: str | None, scale: float) -> Dataset:
    axes = tuple(Axis(name=axis, size=100, scale=scale, unit=unit) for axis in "yx")
    return Dataset(name=name, axes=axes)


@pytest.mark.parametrize("moving_unit", [None, "nm", "µm"])
def test_errors_are_in_the_fixed_unit_and_points_in_each_ones_own(moving_unit: str | None) -> None:
    moving = _dataset("moving", moving_unit, 1.0)
    fixed = _dataset("fixed", "µm", 0.5)
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 90, (6, 2))
    pairs = tuple(
        LandmarkPair(
            name=f"L{i}",
            moving=tuple(p),
            fixed=tuple(0.5 * p + [3.0, -2.0] + rng.normal(0, 0.05, 2)),
        )
        for i, p in enumerate(places)
    )
    registration = Registration(moving=moving.id, fixed=fixed.id, model="similarity", pairs=pairs)
    project = Project(datasets=(moving, fixed), registrations=(registration,))
    project = refit(project, registration.id)
    fit = fit_of(project, project.registrations[0])
    assert isinstance(fit, Fit)
    assert fit.unit == "µm"
    assert fit.left_out_rms is not None
    assert 0.01 < fit.left_out_rms < 0.3
    [found] = Space(project).locate(np.array([[40.0, 60.0]]), moving, fixed)
    np.testing.assert_allclose(found.position, [23.0, 28.0], atol=0.2)
    assert found.unit == "µm"

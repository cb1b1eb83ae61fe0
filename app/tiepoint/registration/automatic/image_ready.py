"""Compiling the searches for a shift and for the top of the information, before anybody waits."""

from __future__ import annotations

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.polish import Polish, affine_freedom
from tiepoint.registration.automatic.proposals import Watch
from tiepoint.registration.automatic.shift import find_shift


def warm_up() -> None:
    """Compile or load the kernels that compare two images; those of volumes are the same."""
    values = np.random.default_rng(1).normal(size=(40, 40))
    find_shift(values[:32, :32], values[2:34, 3:35])
    image = Gray(values, np.ones(values.shape, bool))
    still = Affine.identity(2)
    freedom = affine_freedom(np.full(2, 19.5), 20.0)
    Polish(image, image, still, still).climb(still, freedom, seed=1, watch=Watch())

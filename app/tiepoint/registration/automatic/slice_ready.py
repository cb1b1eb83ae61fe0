"""Compiling the search for a plane before anybody waits for it."""

from __future__ import annotations

import numpy as np

from tiepoint.registration.automatic.images import Gray
from tiepoint.registration.automatic.proposals import Watch
from tiepoint.registration.automatic.slice_level import Climb, PlanePose, SliceLevel
from tiepoint.registration.automatic.slice_polish import polished
from tiepoint.registration.automatic.slice_scan import Near, scan_poses
from tiepoint.registration.automatic.slice_spots import poses_from_spots
from tiepoint.registration.automatic.slice_volume import READABLE, Volume, read_volume


def warm_up() -> None:
    """Compile or load the kernels of the search for a plane, for every type of volume."""
    waves = np.sin(np.arange(24) / 2)
    values = 120 + 80 * waves[:, None, None] * waves[:, None] * waves  # few spots
    for kind in READABLE:
        read_volume(values.astype(kind))
    volume = Volume(values.astype(np.float32))
    image = Gray(np.kron(values[12], np.ones((2, 2))).astype(float), np.ones((48, 48), bool))
    level = SliceLevel(image, volume, np.full(2, 0.5), np.ones(3), 1.0, 1, oversampled=2.0)
    pose = PlanePose(np.roll(np.eye(3), -1, axis=1), np.full(3, 11.5))
    climb = Climb(8.0, 0.03, 1)
    level.score(pose)
    level.climbed([pose], climb)
    polished(level, pose, climb, 1)
    near = Near(pose, 1.0, 1.0)
    scan_poses(level, near, 1, Watch())
    poses_from_spots(level, near, 0.0, 1, Watch())

"""Points that the tests of the command line register with."""

from __future__ import annotations

import numpy as np

MOVING_PX = np.array([[5.0, 6], [50, 10], [45, 70], [12, 60], [30, 33]])
TURN = np.array([[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]])
SHIFT = np.array([12.0, 25.0])
JITTER = np.array([[0.2, -0.3], [-0.1, 0.2], [0.3, 0.1], [-0.2, -0.2], [-0.2, 0.2]])

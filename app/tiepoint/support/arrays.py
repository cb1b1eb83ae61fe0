"""Names for the array types that cross room borders."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
"""Float64 array: points are (N, K), a single point (K,), covariances (N, K, K)."""
AnyArray: TypeAlias = npt.NDArray[Any]

"""Random fields with a seed: analytic ones for the truth, filtered ones for image textures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

Image = npt.NDArray[np.float32]
"""Float32 image or volume while it is being rendered."""

_FEW = 20000  # below this one big array is quicker than a loop over the waves


def stream(seed: int, name: str) -> np.random.Generator:
    """Return a random generator of its own for each named part of the demo."""
    return np.random.default_rng([seed, *name.encode()])


@dataclass(frozen=True, eq=False)
class Waves:
    """A smooth random field: a sum of plane waves, zero mean and unit variance.

    Being a formula, it has the same value at the same place for every technique.

    Attributes
    ----------
    vectors
        (m, K) wave vectors in radians per µm.
    phases
        (m,) radians.
    """

    vectors: FloatArray
    phases: FloatArray

    @classmethod
    def make(
        cls,
        rng: np.random.Generator,
        wavelengths_um: tuple[float, float],
        count: int = 8,
        ndim: int = 3,
    ) -> Waves:
        """Draw `count` waves with wavelengths between the two given (log-uniform)."""
        directions = rng.normal(size=(count, ndim))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        low, high = np.log(wavelengths_um)
        lengths = np.exp(rng.uniform(low, high, count))
        return cls(directions * (2 * np.pi / lengths)[:, None], rng.uniform(0, 2 * np.pi, count))

    def __call__(self, points: AnyArray) -> AnyArray:
        """Return the field (…) at points (…, K) in µm, in the precision of `points`."""
        kind = points.dtype
        vectors, phases = self.vectors.astype(kind), self.phases.astype(kind)
        scale = kind.type(np.sqrt(2 / len(phases)))
        if points.size < _FEW:
            return np.asarray(np.cos(points @ vectors.T + phases).sum(axis=-1) * scale)
        total = np.zeros(points.shape[:-1], kind)
        for vector, phase in zip(vectors, phases, strict=True):
            total += np.cos(points @ vector + phase)
        return np.asarray(total * scale)


def texture(
    rng: np.random.Generator, shape: tuple[int, ...], sigma: float | tuple[float, ...]
) -> Image:
    """Return Gaussian-filtered white noise, zero mean and unit variance.

    Parameters
    ----------
    shape
        Array shape.
    sigma
        Width of the filter in pixels, per axis or for all; periodic at the borders.
    """
    from scipy.ndimage import gaussian_filter

    noise = rng.standard_normal(shape, dtype=np.float32)
    smooth = gaussian_filter(noise, sigma, mode="wrap", truncate=3.0)
    spread = float(smooth.std()) or 1.0
    return np.asarray((smooth - smooth.mean()) / spread, np.float32)

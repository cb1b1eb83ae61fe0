"""Principal components and non-negative factors of a spectrum image, through scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tiepoint.spectra.blocks import report
from tiepoint.spectra.matrix import Table, table
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis
    from tiepoint.spectra.blocks import Progress
    from tiepoint.spectra.windows import Window
    from tiepoint.support.arrays import AnyArray, FloatArray

Method = Literal["PCA", "NMF"]

_READING = 0.3  # share of the progress bar
_STEP = 10  # iterations of the factorisation between two looks at cancel
_STEPS = 40
_TOLERANCE = 1e-4  # relative fall of the residual over a step at which NMF has converged
_EXACT_BELOW = 20_000_000  # values up to which PCA is exact rather than randomised


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Maps × spectra that together make up a spectrum image.

    Attributes
    ----------
    maps
        (K, …) float32, the axes of the image behind the first. NMF: counts of the component in
        the pixel. PCA: signed scores.
    spectra
        (K, C) float64. NMF: shapes that sum to one, ≥ 0. PCA: signed, to be multiplied by the
        scores and added to `mean`.
    mean, weights
        (C,) spectrum that PCA was centred on, zero for NMF, and (…) what it is multiplied by in
        each pixel (1 without Poisson scaling).
    positions
        (C,) in `unit`.
    unit, name
        Of the spectral axis.
    explained
        (K,) PCA: share of the variance (of the scaled data) that a component explains, falling.
        NMF: share of all counts that it makes up, falling.
    total_explained
        Share of the variance (of the scaled data, about its mean) that all together explain.
    method, poisson_scaled
        How it was found.
    axes
        Of the maps behind the first axis.
    warnings
        Sentences about what the result is not.
    """

    maps: AnyArray
    spectra: FloatArray
    mean: FloatArray
    weights: AnyArray
    positions: FloatArray
    unit: str | None
    name: str
    explained: FloatArray
    total_explained: float
    method: Method
    poisson_scaled: bool
    axes: tuple[Axis, ...]
    warnings: tuple[str, ...] = ()

    def rebuilt(self) -> AnyArray:
        """Return the spectrum image that maps and spectra make up, the spectral axis last."""
        values = np.tensordot(self.maps, self.spectra, axes=(0, 0))
        return np.asarray(values + self.weights[..., None] * self.mean)


def decompose(
    source: ArrayLike,
    axes: Sequence[Axis],
    components: int,
    method: Method = "NMF",
    *,
    poisson_scaled: bool = True,
    window: Window | None = None,
    bin_pixels: int = 1,
    bin_channels: int = 1,
    progress: Progress | None = None,
) -> Decomposition:
    """Find the few spectra and maps that a spectrum image is made of.

    The same input gives the same answer: the random starts of scikit-learn are fixed.

    Parameters
    ----------
    source
        Spectrum image, in memory or lazy, the spectral axis at any place.
    axes
        Of `source`, in array order.
    components
        How many, at least 1.
    method
        ``"PCA"`` or ``"NMF"``; the latter needs values ≥ 0.
    poisson_scaled
        Weigh counts so that their noise is even: divide by the roots of the mean spectrum and
        of the mean image (M. R. Keenan and P. G. Kotula, Surface and Interface Analysis 36
        (2004) 203–212). Undone in the result.
    window, bin_pixels, bin_channels
        What to take; see `matrix.table`.
    progress
        Called with the share done; what it raises stops the work between two steps.

    Raises
    ------
    TiepointError
        If there are fewer pixels or channels than components, values that are not finite, or
        negative ones where none may be.
    """

    def reading(done: float) -> None:
        report(progress, _READING * done)

    found = table(source, axes, window, bin_pixels, bin_channels, reading)
    _refuse(found, components, method, poisson_scaled)
    report(progress, _READING)
    pixel_root, channel_root = _roots(found.values, poisson_scaled)
    scaled = found.values
    scaled /= pixel_root[:, None]
    scaled /= channel_root
    if method == "PCA":
        maps, spectra, mean, explained, total, notes = _pca(scaled, components)
    else:
        maps, spectra, mean, explained, total, notes = _nmf(scaled, components, progress)
    maps, spectra, mean = maps * pixel_root[:, None], spectra * channel_root, mean * channel_root
    if method == "NMF":
        maps, spectra, explained = _as_counts(maps, spectra)
    report(progress, 1.0)
    return Decomposition(
        maps=np.ascontiguousarray(maps.T, np.float32).reshape(-1, *found.shape),
        spectra=spectra,
        mean=mean,
        weights=pixel_root.reshape(found.shape),
        positions=found.positions,
        unit=found.unit,
        name=found.name,
        explained=explained,
        total_explained=total,
        method=method,
        poisson_scaled=poisson_scaled,
        axes=found.axes,
        warnings=notes,
    )


def _refuse(found: Table, components: int, method: Method, scaled: bool) -> None:
    most = min(found.values.shape)
    if not 1 <= components <= most:
        raise TiepointError(
            f"{components} components cannot be found in {found.values.shape[0]} spectra of"
            f" {found.values.shape[1]} channels; choose 1 to {most}."
        )
    low = float(found.values.min())
    if not np.isfinite(low) or not np.isfinite(float(found.values.max())):
        raise TiepointError("Some values are not finite (NaN); a decomposition needs them all.")
    if low < 0 and (method == "NMF" or scaled):
        what = "NMF" if method == "NMF" else "Poisson scaling"
        raise TiepointError(
            f"{what} needs values of zero and above, but the lowest is {low:.4g}."
            " Use PCA without Poisson scaling, or another window."
        )


def _roots(values: AnyArray, scaled: bool) -> tuple[AnyArray, AnyArray]:
    """Return what pixels and channels are divided by: roots of their means, 1 where empty."""
    if not scaled:
        return np.ones(len(values), np.float32), np.ones(values.shape[1], np.float32)
    roots = [
        np.sqrt(values.mean(axis=axis, dtype=np.float64)).astype(np.float32) for axis in (1, 0)
    ]
    return tuple(np.where(root > 0, root, 1) for root in roots)  # type: ignore[return-value]


def _pca(scaled: AnyArray, components: int) -> tuple[Any, ...]:
    from sklearn.decomposition import PCA

    solver = "full" if scaled.size <= _EXACT_BELOW else "randomized"
    model = PCA(components, svd_solver=solver, random_state=0, iterated_power=7)
    scores = model.fit_transform(scaled)
    explained = np.asarray(model.explained_variance_ratio_, float)
    mean = np.asarray(model.mean_, float)
    notes = ("Principal components are mixtures with signs; a component is not a phase.",)
    spectra = np.asarray(model.components_, float)
    return scores, spectra, mean, explained, float(explained.sum()), notes


def _nmf(scaled: AnyArray, components: int, progress: Progress | None) -> tuple[Any, ...]:
    """Factorise in short runs, each from where the last one ended, so that it can be stopped."""
    import warnings

    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    start: dict[str, Any] = {"init": "nndsvda"}
    factors: dict[str, Any] = {}
    notes: tuple[str, ...] = ("NMF stopped before it converged.",)
    last = np.inf
    whole = float(np.linalg.norm(scaled))
    for step in range(_STEPS):
        report(progress, _READING + (1 - _READING) * step / _STEPS)
        model = NMF(components, max_iter=_STEP, tol=0.0, random_state=0, **start)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            maps = model.fit_transform(scaled, **factors)
        start, factors = {"init": "custom"}, {"W": maps, "H": model.components_}
        error = float(model.reconstruction_err_)
        if last - error <= _TOLERANCE * max(last if np.isfinite(last) else whole, 1e-30):
            notes = (
                "Non-negative factors are not unique: other maps and spectra may fit as well.",
            )
            break
        last = error
    spread = float(((scaled - scaled.mean(axis=0)) ** 2).sum())
    total = 1 - error**2 / spread if spread > 0 else 1.0
    spectra = np.asarray(factors["H"], float)
    return maps, spectra, np.zeros(scaled.shape[1]), None, total, notes


def _as_counts(maps: AnyArray, spectra: FloatArray) -> tuple[AnyArray, FloatArray, FloatArray]:
    """Scale NMF so that spectra sum to one and maps are counts; the largest component first."""
    sums = spectra.sum(axis=1)
    sums = np.where(sums > 0, sums, 1.0)
    maps, spectra = maps * sums, spectra / sums[:, None]
    shares = maps.sum(axis=0, dtype=np.float64)
    order = np.argsort(-shares, kind="stable")
    return maps[:, order], spectra[order], shares[order] / max(float(shares.sum()), 1e-30)

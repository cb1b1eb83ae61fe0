"""Maximum-likelihood fit of pixel-integrated Gaussian spots, many windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import AnyArray, FloatArray

ITERATIONS = 60
CONVERGED = 1e-5
LEAST_WIDTH, MOST_WIDTH = 0.3, 0.6
"""Widths (1 σ) allowed, in pixels and as a fraction of the window's side."""
_FLOOR = 1e-3
_Y, _X, _LIGHT, _WIDTH, _BASE = range(5)


@dataclass(frozen=True, eq=False)
class GaussianFits:
    """Spots fitted in `n` windows.

    Attributes
    ----------
    centres_yx
        (n, 2) from the centre of pixel (0, 0) of each window.
    light, width, base
        (n,) sum over the spot, 1 σ in pixels, background per pixel.
    covariance
        (n, 2, 2) of the centres, pixels²: inverse Fisher information times `misfit`, which stands
        for the unknown counts per electron and the camera's own noise.
    misfit
        (n,) deviance per degree of freedom; 1 for Poisson counts.
    converged
        (n,)
    """

    centres_yx: FloatArray
    light: FloatArray
    width: FloatArray
    base: FloatArray
    covariance: FloatArray
    misfit: FloatArray
    converged: AnyArray


def fit_windows(windows: AnyArray, width: float = 1.3) -> GaussianFits:
    """Fit one round spot and a constant background to each window.

    Parameters
    ----------
    windows
        (n, rows, cols) counts, not negative.
    width
        First guess of the spot's 1 σ, in pixels.

    Notes
    -----
    Levenberg–Marquardt on the Poisson likelihood (Laurence & Chromy, Nat. Methods 7:338, 2010)
    of a Gaussian integrated over each pixel (Smith et al., Nat. Methods 7:373, 2010).
    """
    data = np.maximum(np.asarray(windows, float), 0.0)
    theta = _start(data, width)
    damping = np.full(len(data), 1e-2)
    done = np.zeros(len(data), bool)
    loss = _deviance(data, _model(theta, data.shape)[0])
    for _ in range(ITERATIONS):
        if done.all():
            break
        active = np.flatnonzero(~done)
        update = _update(data[active], theta[active], damping[active])
        trial = _bounded(theta[active] + update, data.shape)
        trial_loss = _deviance(data[active], _model(trial, data.shape)[0])
        better = trial_loss <= loss[active]
        small = np.abs(trial - theta[active])[:, [_Y, _X, _WIDTH]].max(axis=1) < CONVERGED
        theta[active[better]] = trial[better]
        loss[active[better]] = trial_loss[better]
        damping[active] *= np.where(better, 0.2, 8.0)
        done[active] = small | (damping[active] > 1e12)
    return _report(data, theta, loss, done)


def _start(data: FloatArray, width: float) -> FloatArray:
    base = np.percentile(data, 20, axis=(1, 2))
    above = np.maximum(data - base[:, None, None], 0)
    light = np.maximum(above.sum(axis=(1, 2)), 1.0)
    rows, cols = np.indices(data.shape[1:])
    sharp = above**2
    total = np.maximum(sharp.sum(axis=(1, 2)), 1e-12)
    y, x = ((sharp * axis).sum(axis=(1, 2)) / total for axis in (rows, cols))
    return np.stack([y, x, light, np.full(len(data), width), np.maximum(base, _FLOOR)], axis=1)


def _bounded(theta: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    _, rows, cols = shape
    lower = np.array([-1, -1, _FLOOR, LEAST_WIDTH, 0])
    upper = np.array([rows, cols, np.inf, MOST_WIDTH * max(rows, cols), np.inf])
    return np.clip(theta, lower, upper)


def _share(centre: FloatArray, width: FloatArray, count: int) -> tuple[FloatArray, ...]:
    """Return the part of a Gaussian in each pixel (n, count), by centre, and by width."""
    from scipy.special import erf

    edges = np.arange(count + 1) - 0.5
    along = (edges - centre[:, None]) / width[:, None]
    cumulated = 0.5 * erf(along / np.sqrt(2))
    density = np.exp(-0.5 * along**2) / (np.sqrt(2 * np.pi) * width[:, None])
    return (
        np.diff(cumulated, axis=1),
        -np.diff(density, axis=1),
        -np.diff(along * density, axis=1),
    )


def _model(theta: FloatArray, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Return the expected counts (n, rows, cols) and their slopes (n, 5, rows, cols)."""
    _, rows, cols = shape
    py, dy, wy = _share(theta[:, _Y], theta[:, _WIDTH], rows)
    px, dx, wx = _share(theta[:, _X], theta[:, _WIDTH], cols)
    light = theta[:, _LIGHT, None, None]
    spot = py[:, :, None] * px[:, None, :]
    slopes = np.stack(
        [
            light * dy[:, :, None] * px[:, None, :],
            light * py[:, :, None] * dx[:, None, :],
            spot,
            light * (wy[:, :, None] * px[:, None, :] + py[:, :, None] * wx[:, None, :]),
            np.ones_like(spot),
        ],
        axis=1,
    )
    return np.maximum(light * spot + theta[:, _BASE, None, None], _FLOOR), slopes


def _deviance(data: FloatArray, model: FloatArray) -> FloatArray:
    from scipy.special import xlogy

    return np.asarray(2 * (model - data + xlogy(data, data / model)).sum(axis=(1, 2)))


def _information(slopes: FloatArray, weights: FloatArray) -> FloatArray:
    flat = slopes.reshape(*slopes.shape[:2], -1)
    return np.asarray((flat * weights.reshape(len(flat), 1, -1)) @ flat.transpose(0, 2, 1))


def _update(data: FloatArray, theta: FloatArray, damping: FloatArray) -> FloatArray:
    model, slopes = _model(theta, data.shape)
    hessian = _information(slopes, data / model**2) + 1e-9 * _information(slopes, 1 / model)
    pull = np.einsum("npij,nij->np", slopes, data / model - 1)
    diagonal = np.einsum("nii->ni", hessian)
    diagonal *= 1 + damping[:, None]
    diagonal += 1e-12
    return np.asarray(np.linalg.solve(hessian, pull[..., None])[..., 0])


def _report(data: FloatArray, theta: FloatArray, loss: FloatArray, done: AnyArray) -> GaussianFits:
    model, slopes = _model(theta, data.shape)
    misfit = loss / max(data[0].size - theta.shape[1], 1)
    information = _information(slopes, 1 / model)
    scale = np.einsum("nii->ni", information)
    singular = ~np.isfinite(information).all(axis=(1, 2)) | (scale <= 0).any(axis=1)
    information[singular] = np.eye(theta.shape[1])
    covariance = np.linalg.pinv(information, hermitian=True)[:, :2, :2]
    covariance = covariance * misfit[:, None, None]
    return GaussianFits(
        theta[:, :2],
        theta[:, _LIGHT],
        theta[:, _WIDTH],
        theta[:, _BASE],
        covariance,
        misfit,
        done & ~singular,
    )

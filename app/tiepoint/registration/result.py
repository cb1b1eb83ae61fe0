"""What a fit answers: a registration with its error, or a refusal in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.error import (
    CONFIDENCE,
    NO_REDUNDANCY,
    Prediction,
    confidence_ellipses,
    target_covariance,
)
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.form import Form
    from tiepoint.registration.hull import Hull
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True)
class FitWarning:
    """Something about a fit that the user should know or answer.

    Attributes
    ----------
    code
        Stable word: see `tiepoint.registration.landmarks_check`.
    sentence
        One sentence for people.
    pairs
        Names of the landmark pairs concerned.
    """

    code: str
    sentence: str
    pairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class FitFailure:
    """Why there is no fit.

    Attributes
    ----------
    code
        Stable word: ``too_few_pairs``, ``duplicate``, ``collinear``, ``coplanar``,
        ``non_finite``, ``wrong_dimension``, ``reflected``, ``wrong_order``, ``bad_fle``,
        ``unknown_model``, ``no_mirror``, ``undetermined``, ``no_convergence``, ``horizon``.
    sentence
        One sentence for people, with what to do.
    pairs
        Names of the landmark pairs concerned.
    better_order
        For ``wrong_order``: ``fixed[list(better_order)]`` matches the moving points.
    """

    code: str
    sentence: str
    pairs: tuple[str, ...] = ()
    better_order: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """A model fitted to landmark pairs, with its error.

    Attributes
    ----------
    model, mirror
        Model name, and whether it contains a reflection.
    unit, same_unit
        Unit of the fixed positions (``None``: pixels), and whether the moving ones share it.
    moving_to_fixed
        The transform.
    form, theta
        Parametrisation and parameters (p,).
    cofactor
        (p, p) H⁻¹: covariance of the local update of `theta` for unit `sigma`.
    n, nu
        Pairs and redundancy ν = K n - p (effective, not whole, for a spline).
    sigma
        Scale s = sqrt(RSS / ν): the FLE per axis where no FLE was given, else the factor by
        which the given FLE has to be multiplied. ``None`` at ν = 0.
    scale_known
        The given FLE is taken as true (χ² ellipses) instead of up to the factor `sigma`.
    moving, fixed, names
        The pairs: (n, n_in), (n, K), n words.
    residuals, left_out
        (n, K) fixed minus predicted position, with the pair in the fit and without it (the
        latter contains the pair's own FLE; NaN where the others cannot do without it).
    residual_rms, left_out_rms
        RMS lengths of these vectors.
    conditioning
        Smallest needed over largest singular value of the centred moving points, 0 to 1.
    hull
        Convex hull of the moving points.
    f_p_values
        (n,) p-value of the bad-point test, multiplied by n (Bonferroni); ``None`` without
        enough redundancy and where all pairs agree exactly.
    flagged
        Names of pairs that contradict the others at the 5 % level.
    warnings
        What else to tell.
    rivals
        Other optima that the pairs cannot tell from this one (a projection of coplanar
        markers), best first.
    """

    model: str
    mirror: bool
    unit: str | None
    same_unit: bool
    moving_to_fixed: Transform
    form: Form
    theta: FloatArray
    cofactor: FloatArray
    n: int
    nu: float
    sigma: float | None
    scale_known: bool
    moving: FloatArray
    fixed: FloatArray
    names: tuple[str, ...]
    sigma_moving: FloatArray | None
    sigma_fixed: FloatArray | None
    residuals: FloatArray
    left_out: FloatArray | None
    residual_rms: float
    left_out_rms: float | None
    conditioning: float
    hull: Hull
    f_p_values: FloatArray | None = None
    flagged: tuple[str, ...] = ()
    warnings: tuple[FitWarning, ...] = ()
    rivals: tuple[Fit, ...] = field(default=())

    @property
    def cov_theta(self) -> FloatArray | None:
        """(p, p) covariance of the local update of theta; ``None`` at ν = 0."""
        if self.sigma is None:
            return None
        return self.cofactor if self.scale_known else self.sigma**2 * self.cofactor

    @property
    def ellipse_nu(self) -> float | None:
        """Degrees of freedom of the ellipses; ``None``: the scale is known."""
        return None if self.scale_known else self.nu

    def predict(
        self,
        points: FloatArray,
        target_fle: FloatArray | None = None,
        confidence: float = CONFIDENCE,
    ) -> Prediction:
        """Map moving points and estimate the error (TRE) at each.

        Parameters
        ----------
        points
            (N, n_in) moving unit.
        target_fle
            1 σ per axis with which the points themselves were clicked, (n_in,) or (N, n_in),
            moving unit; ``None``: they are exact.
        confidence
            Probability of the ellipses.

        Raises
        ------
        TiepointError
            If the points have another dimension than the moving landmarks.
        """
        points = np.atleast_2d(np.asarray(points, float))
        if points.shape[-1] != self.form.n_in:
            raise TiepointError(
                f"These points have {points.shape[-1]} coordinates; the moving dataset of this "
                f"registration has {self.form.n_in}."
            )
        answer = Prediction(
            positions=self.moving_to_fixed(points),
            covariances=None,
            ellipses=None,
            inside_hull=self.hull.contains(points),
            n=self.n,
            nu=self.nu,
            model=self.model,
            reason=NO_REDUNDANCY,
            confidence=confidence,
        )
        cov_theta = self.cov_theta
        if cov_theta is None:
            return answer
        sigma = None if target_fle is None else diagonal_covariances(target_fle, points.shape)
        covariances = target_covariance(self.form, self.theta, cov_theta, points, sigma)
        ellipses = confidence_ellipses(covariances, self.ellipse_nu, confidence)
        return replace(answer, covariances=covariances, ellipses=ellipses, reason="")


def diagonal_covariances(fle: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return covariances (N, K, K) from 1 σ per axis, (), (K,) or (N, K), for points (N, K)."""
    spread = np.broadcast_to(np.asarray(fle, float), shape)
    return np.asarray(spread[..., None] ** 2 * np.eye(shape[-1]))

"""Registration: estimate, error, graph, automatic helpers, exchange formats."""

from tiepoint.registration.adjust import Adjustment, adjust, combined_covariance
from tiepoint.registration.error import (
    CONFIDENCE,
    NO_REDUNDANCY,
    Ellipses,
    Prediction,
    confidence_ellipses,
    ellipse_factor,
    target_covariance,
)
from tiepoint.registration.fit import Fit, FitFailure, FitWarning
from tiepoint.registration.form import Form
from tiepoint.registration.hull import Hull, convex_hull
from tiepoint.registration.models import MODELS, ModelKind, bind

__all__ = [
    "CONFIDENCE",
    "MODELS",
    "NO_REDUNDANCY",
    "Adjustment",
    "Ellipses",
    "Fit",
    "FitFailure",
    "FitWarning",
    "Form",
    "Hull",
    "ModelKind",
    "Prediction",
    "adjust",
    "bind",
    "combined_covariance",
    "confidence_ellipses",
    "convex_hull",
    "ellipse_factor",
    "target_covariance",
]

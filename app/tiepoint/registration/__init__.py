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
from tiepoint.registration.estimate import fit
from tiepoint.registration.form import Form
from tiepoint.registration.hull import Hull, convex_hull
from tiepoint.registration.leave_one_out import LeftOut, leave_one_out
from tiepoint.registration.models import MODELS, ModelKind, bind
from tiepoint.registration.next_point import NextPoint, click_here_next
from tiepoint.registration.order import OrderQuestion, find_better_order
from tiepoint.registration.result import Fit, FitFailure, FitWarning
from tiepoint.registration.selection import Candidate, suggest_model
from tiepoint.registration.verdict import Verdict, judge

__all__ = [
    "CONFIDENCE",
    "MODELS",
    "NO_REDUNDANCY",
    "Adjustment",
    "Candidate",
    "Ellipses",
    "Fit",
    "FitFailure",
    "FitWarning",
    "Form",
    "Hull",
    "LeftOut",
    "ModelKind",
    "NextPoint",
    "OrderQuestion",
    "Prediction",
    "Verdict",
    "adjust",
    "bind",
    "click_here_next",
    "combined_covariance",
    "confidence_ellipses",
    "convex_hull",
    "ellipse_factor",
    "find_better_order",
    "fit",
    "judge",
    "leave_one_out",
    "suggest_model",
    "target_covariance",
]

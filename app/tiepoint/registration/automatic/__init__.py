"""Automatic helpers: each answers with a proposal to accept or reject, or a refusal in words."""

from tiepoint.registration.automatic.circles import find_circles
from tiepoint.registration.automatic.clouds import CloudProposal, match_clouds
from tiepoint.registration.automatic.coded import CodedMarker, find_coded_markers
from tiepoint.registration.automatic.drift import DriftProposal, time_series_drift
from tiepoint.registration.automatic.grid import GridProposal, find_grid
from tiepoint.registration.automatic.markers import Marker, cross_mark, find_marks, l_mark
from tiepoint.registration.automatic.mutual_information import register_affine
from tiepoint.registration.automatic.proposals import Proposal, Refusal, Rival
from tiepoint.registration.automatic.refine import PairProposal, refine_pair
from tiepoint.registration.automatic.shift import find_shift
from tiepoint.registration.automatic.slice_in_volume import find_slice
from tiepoint.registration.automatic.spots import Spot, find_spots, fit_spot

__all__ = [
    "CloudProposal",
    "CodedMarker",
    "DriftProposal",
    "GridProposal",
    "Marker",
    "PairProposal",
    "Proposal",
    "Refusal",
    "Rival",
    "Spot",
    "cross_mark",
    "find_circles",
    "find_coded_markers",
    "find_grid",
    "find_marks",
    "find_shift",
    "find_slice",
    "find_spots",
    "fit_spot",
    "l_mark",
    "match_clouds",
    "refine_pair",
    "register_affine",
    "time_series_drift",
]

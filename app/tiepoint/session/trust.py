"""Where an overlay is not to be trusted: too large an error, or outside the landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.registration.hull import convex_hull
from tiepoint.registration.result import Fit
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.geometry.planes import Plane
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray, FloatArray

STEPS = 24


@dataclass(frozen=True, eq=False)
class Distrust:
    """A coarse picture of where not to trust an overlay.

    Attributes
    ----------
    low, high
        (2,) plane coordinates (y, x) of its corners, in the frame's unit.
    extrapolated, too_large
        (rows, cols) bool: outside the hull of the landmarks; error above what is needed. Both
        false where the moving dataset does not reach.
    """

    low: FloatArray
    high: FloatArray
    extrapolated: AnyArray
    too_large: AnyArray

    @property
    def cells(self) -> AnyArray:
        """(rows, cols) bool: not to be trusted for either reason."""
        return np.asarray(self.extrapolated | self.too_large)


def distrust(
    session: Session,
    registration_id: str,
    frame: str,
    plane: Plane,
    corners: tuple[FloatArray, FloatArray],
    needed: float | None,
    steps: int = STEPS,
) -> Distrust | None:
    """Return where the moving dataset, drawn in a plane of a frame, is not to be trusted.

    Parameters
    ----------
    frame, plane
        Dataset id of the view frame, and the plane in its coordinates.
    corners
        Lowest and highest plane coordinates (y, x) of what is seen.
    needed
        Error that is just acceptable (95 %), fixed unit; ``None``: only extrapolation counts.

    Returns
    -------
    Distrust or None
        ``None`` where there is no fit or no way from the frame to the moving dataset. Without
        redundancy everything is beyond what is needed. A projection is judged at the mean depth
        of its pairs, and beside them as the image sees them.
    """
    registration = session.registration(registration_id)
    fit = session.registering.fit(registration_id)
    moving = session.dataset(registration.moving)
    if not isinstance(fit, Fit):
        return None
    lines = session.locating.viewing_lines(frame, moving.id)
    try:
        to_moving = lines or session.locating.frame_transform(frame, moving.id)
    except TiepointError:
        return None
    box = session.drawing.bounds_in_plane(moving.id, frame, plane)
    if box is None:
        return None
    low, high = np.maximum(corners[0], box[0]), np.minimum(corners[1], box[1])
    if np.any(high <= low):
        return None
    seen = plane.plane_to_frame(_middles(low, high, steps))
    ratio = session.monitoring.ratio(registration)
    between = None
    if lines is not None:
        pairs = lines.inverse()(fit.moving / ratio)
        seen[:, 0] = pairs[:, 0].mean()
        between = convex_hull(pairs[:, 1:]).contains(seen[:, 1:])
    places = to_moving(seen)
    own = places if moving.ndim_space == 3 else places[:, 1:]
    inside = np.all((own >= bounds(moving)[0]) & (own <= bounds(moving)[1]), axis=1)
    found = fit.predict(own * ratio)
    if between is None:
        between = found.inside_hull
    shape = (steps, steps)
    if needed is None:
        large = np.zeros(len(own), bool)
    elif found.ellipses is None:
        large = np.ones(len(own), bool)
    else:
        large = found.ellipses.semi_axes[:, 0] > needed
    return Distrust(
        low,
        high,
        (inside & ~between).reshape(shape),
        (inside & large).reshape(shape),
    )


def _middles(low: FloatArray, high: FloatArray, steps: int) -> FloatArray:
    """Return (steps², 2) the middles of equal cells, row by row."""
    share = (np.arange(steps) + 0.5) / steps
    y, x = (low[k] + share * (high[k] - low[k]) for k in (0, 1))
    return np.stack(np.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)

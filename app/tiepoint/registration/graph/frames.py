"""The values that a coordinate graph is built from: frames and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.error import NO_REDUNDANCY
from tiepoint.registration.graph.edge_forms import RescaledForm, ShiftForm
from tiepoint.registration.hull import convex_hull
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import unit_ratio

if TYPE_CHECKING:
    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.form import Form
    from tiepoint.registration.hull import Hull
    from tiepoint.registration.result import Fit
    from tiepoint.support.arrays import FloatArray

AXES = ("z", "y", "x")
FOUND_WITHOUT_ERROR = "found from the images: accuracy not known, landmark pairs would tell"


@dataclass(frozen=True)
class Frame:
    """One coordinate system: a node of the graph.

    Attributes
    ----------
    id
        Key of the node, such as a dataset's or a shared frame's id.
    dimension
        2 or 3.
    unit
        Length unit of its coordinates; ``None``: pixels.
    name
        What to call it in sentences; the id where empty.
    fle
        1 σ localisation error per axis of a point clicked here, own unit; ``None``: unknown.
    """

    id: str
    dimension: int
    unit: str | None = None
    name: str = ""
    fle: tuple[float, ...] | None = None

    @property
    def label(self) -> str:
        """Name for sentences."""
        return self.name or self.id

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes in order."""
        return AXES[-self.dimension :]


class EdgeKind(StrEnum):
    """Where an edge comes from."""

    LANDMARKS = "landmarks"
    POSE = "pose"
    STAGE = "stage"
    EXACT = "exact"


@dataclass(frozen=True, eq=False)
class Edge:
    """A map between two frames with its error. Use the class methods to make one.

    Attributes
    ----------
    id, moving, fixed
        Own id and the ids of the two frames.
    transform
        ``moving_to_fixed``, from the moving frame's unit to the fixed frame's.
    kind, model
        Where it comes from; name of the model for the read-out.
    form, theta
        Parametrisation in the frames' own units; ``None`` for an exact edge.
    covariance
        (p, p) of the local update of theta; ``None`` with a form: it cannot be known.
    nu
        Degrees of freedom of the scale of `covariance`; ``None``: the scale is known.
    n
        Landmark pairs; 0 where there are none.
    hull
        Where the edge is supported, moving unit; ``None``: everywhere.
    fit
        The landmark fit, where that is where it comes from.
    label
        What to call it in sentences.
    unknown
        Why its error cannot be known, where `covariance` is missing.
    """

    id: str
    moving: str
    fixed: str
    transform: Transform
    kind: EdgeKind
    model: str
    form: Form | None = None
    theta: FloatArray | None = None
    covariance: FloatArray | None = None
    nu: float | None = None
    n: int = 0
    hull: Hull | None = None
    fit: Fit | None = None
    label: str = ""
    unknown: str = NO_REDUNDANCY

    @property
    def is_exact(self) -> bool:
        """Whether the edge has no error of its own and does not count as a hop."""
        return self.form is None

    @property
    def is_adjustable(self) -> bool:
        """Whether its parameters have a known covariance."""
        return self.form is not None and self.covariance is not None

    @property
    def reason(self) -> str:
        """Why its error cannot be known; empty where it is."""
        return self.unknown if self.form is not None and self.covariance is None else ""

    @property
    def scale(self) -> float | None:
        """Factor by which stated standard deviations were multiplied; ``None``: none stated."""
        if self.fit is None or self.fit.scale_known:
            return 1.0
        if self.fit.sigma_moving is None and self.fit.sigma_fixed is None:
            return None
        return self.fit.sigma

    @property
    def can_go_back(self) -> bool:
        """Whether fixed points can be mapped to the moving frame: not through a projection."""
        return self.transform.n_out >= self.transform.n_in

    @classmethod
    def from_fit(cls, id: str, moving: Frame, fixed: Frame, fit: Fit, label: str = "") -> Edge:
        """Return the edge of a landmark fit.

        Parameters
        ----------
        id
            Id of the registration.
        moving, fixed
            The two frames.
        fit
            Fitted in ``fit.unit``, to which the frames' units are converted (the moving one
            only where the two share it); where that is ``None``, in the frames' own units.
        label
            What to call it in sentences.

        Raises
        ------
        TiepointError
            If the fit is in a unit that a frame in pixels cannot be converted to.
        """
        before = _ratio(moving, moving.unit, fit.unit, fit) if fit.same_unit else 1.0
        after = _ratio(fixed, fit.unit, fixed.unit, fit)
        form: Form = fit.form
        hull = fit.hull
        if (before, after) != (1.0, 1.0):
            form = RescaledForm.around(fit.form, before, after)
            hull = convex_hull(fit.moving / before)
        return cls(
            id=id,
            moving=moving.id,
            fixed=fixed.id,
            transform=form.transform(fit.theta),
            kind=EdgeKind.LANDMARKS,
            model=fit.model,
            form=form,
            theta=fit.theta,
            covariance=fit.cov_theta,
            nu=fit.ellipse_nu,
            n=fit.n,
            hull=hull,
            fit=fit,
            label=label,
        )

    @classmethod
    def exact(
        cls,
        id: str,
        moving: str,
        fixed: str,
        transform: Transform,
        model: str = "same frame",
        label: str = "",
    ) -> Edge:
        """Return an edge without error: one frame, a calibration in the file, a unit."""
        return cls(id, moving, fixed, transform, EdgeKind.EXACT, model, label=label)

    @classmethod
    def stage(
        cls,
        id: str,
        moving: str,
        fixed: str,
        transform: Transform,
        covariance: FloatArray,
        label: str = "",
    ) -> Edge:
        """Return an edge from stage positions, uncertain by a shift.

        Parameters
        ----------
        id, moving, fixed, label
            As in `Edge`.
        transform
            ``moving_to_fixed``; its linear part is taken as true.
        covariance
            (K, K) of the shift, fixed unit squared, or (K,) 1 σ per axis.
        """
        covariance = np.asarray(covariance, float)
        if covariance.ndim == 1:
            covariance = np.diag(covariance**2)
        n_in, n_out = transform.n_in, transform.n_out
        form = ShiftForm(n_in, n_out, np.zeros(n_in), base=transform)
        theta = np.zeros(n_out)
        return cls(
            id, moving, fixed, transform, EdgeKind.STAGE, "stage", form, theta, covariance,
            label=label,
        )  # fmt: skip

    @classmethod
    def found(
        cls,
        id: str,
        moving: str,
        fixed: str,
        transform: Transform,
        model: str,
        sigma: tuple[float, ...] | None = None,
        label: str = "",
    ) -> Edge:
        """Return an edge found from the images.

        Parameters
        ----------
        id, moving, fixed, transform, model, label
            As in `Edge`; the linear part of `transform` is taken as true.
        sigma
            1 σ of the shift per axis, fixed unit; ``None``: its error is not known.
        """
        n_in, n_out = transform.n_in, transform.n_out
        return cls(
            id, moving, fixed, transform, EdgeKind.POSE, model,
            ShiftForm(n_in, n_out, np.zeros(n_in), base=transform), np.zeros(n_out),
            None if sigma is None else np.diag(np.square(sigma)),
            label=label, unknown=FOUND_WITHOUT_ERROR,
        )  # fmt: skip

    @classmethod
    def pose(
        cls,
        id: str,
        moving: str,
        fixed: str,
        form: Form,
        theta: FloatArray,
        covariance: FloatArray,
        *,
        nu: float | None = None,
        extent: FloatArray | None = None,
        label: str = "",
    ) -> Edge:
        """Return an edge from image intensities: a pose factor.

        Parameters
        ----------
        id, moving, fixed, label
            As in `Edge`.
        form, theta, covariance
            Parametrisation, parameters (p,) and covariance (p, p) of their local update, in the
            frames' own units.
        nu
            Degrees of freedom of the covariance's scale; ``None``: it is known.
        extent
            (M, n_in) corners of the region that was compared, moving unit.
        """
        return cls(
            id=id,
            moving=moving,
            fixed=fixed,
            transform=form.transform(theta),
            kind=EdgeKind.POSE,
            model=form.name,
            form=form,
            theta=np.asarray(theta, float),
            covariance=np.asarray(covariance, float),
            nu=nu,
            hull=None if extent is None else convex_hull(np.asarray(extent, float)),
            label=label,
        )


def _ratio(frame: Frame, unit: str | None, to: str | None, fit: Fit) -> float:
    if fit.unit is None:
        return 1.0
    try:
        return unit_ratio(unit, to)
    except ValueError:
        raise TiepointError(
            f"“{frame.label}” has no pixel size, but its registration is in {fit.unit}."
        ) from None

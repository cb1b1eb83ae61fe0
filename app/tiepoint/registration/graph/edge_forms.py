"""Forms that only the graph needs: a fit seen in other units, and a shift on a known map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tiepoint.geometry.transforms import Affine, Transform, chain
from tiepoint.registration.form import Form, eye_columns

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class RescaledForm(Form):
    """``y = after * inner(before * x)``: the parameters stay in the inner form's unit."""

    name: ClassVar[str] = "rescaled"
    inner: Form = field(kw_only=True)
    before: float = field(kw_only=True)
    after: float = field(kw_only=True)

    @classmethod
    def around(cls, inner: Form, before: float, after: float) -> RescaledForm:
        """Return `inner` for moving points in 1/`before` and fixed points in `after` units."""
        pivot = inner.pivot / before
        return cls(
            inner.n_in, inner.n_out, pivot, inner.mirror, inner=inner, before=before, after=after
        )

    @property
    def parameter_count(self) -> int:
        """As the inner form."""
        return self.inner.parameter_count

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (…, N, n_in) to (…, N, n_out)."""
        return self.after * self.inner.apply(theta, self.before * points)

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point."""
        return self.after * self.before * self.inner.linear(theta, self.before * points)

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (…, N, n_out, p)."""
        return self.after * self.inner.jacobian_theta(theta, self.before * points)

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the inner form's start."""
        return self.inner.start(self.before * moving, fixed / self.after, weights)

    def retract(self, theta: FloatArray, update: FloatArray) -> FloatArray:
        """Apply a local update of the inner form."""
        return self.inner.retract(theta, update)

    def transform(self, theta: FloatArray) -> Transform:
        """Return ``moving_to_fixed`` in the outer units."""
        enter = Affine(self.before * np.eye(self.n_in), np.zeros(self.n_in))
        leave = Affine(self.after * np.eye(self.n_out), np.zeros(self.n_out))
        return chain(enter, self.inner.transform(theta), leave)


@dataclass(frozen=True, eq=False)
class ShiftForm(Form):
    """``y = base(x) + theta``: everything is known but a shift."""

    name: ClassVar[str] = "stage"
    base: Transform = field(kw_only=True)

    @property
    def parameter_count(self) -> int:
        """K."""
        return self.n_out

    def apply(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Map points (N, n_in) to (N, n_out)."""
        return self.base(points) + theta

    def linear(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return the linear part at each point."""
        return self.base.jacobian(points)

    def jacobian_theta(self, theta: FloatArray, points: FloatArray) -> FloatArray:
        """Return (N, K, K): the identity."""
        return eye_columns(points, self.n_out)

    def start(self, moving: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        """Return the weighted mean shift."""
        share = weights / weights.sum(-1, keepdims=True)
        shift: FloatArray = (share[..., None] * (fixed - self.base(moving))).sum(-2)
        return shift

    def transform(self, theta: FloatArray) -> Transform:
        """Return ``moving_to_fixed``."""
        return chain(self.base, Affine(np.eye(self.n_out), np.asarray(theta, float)))

"""The catalogue of transformation models: names, parameter counts, requirements, forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.linear_forms import AffineForm, TranslationForm
from tiepoint.registration.projection_form import ProjectionForm
from tiepoint.registration.projective_form import ProjectiveForm
from tiepoint.registration.rotational_forms import RigidForm, SectionForm, SimilarityForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.registration.form import Form
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True)
class ModelKind:
    """What a model is, before it is bound to points.

    Attributes
    ----------
    name
        Word used in project files: see `tiepoint.model.registration.Model`.
    label
        Words for people.
    dimensions
        Allowed (n_in, n_out).
    can_mirror
        Whether mirroring gives other transforms than the model already contains.
    """

    name: str
    label: str
    dimensions: tuple[tuple[int, int], ...]
    can_mirror: bool = False

    def parameter_count(self, n_in: int) -> int:
        """Return p for moving points of `n_in` dimensions (a spline: of its affine part)."""
        turns = n_in * (n_in - 1) // 2
        counts = {
            "translation": n_in,
            "rigid": n_in + turns,
            "similarity": n_in + turns + 1,
            "affine": n_in * (n_in + 1),
            "projective": (n_in + 1) ** 2 - 1,
            "tps": n_in * (n_in + 1),
            "section": 7,
            "projection": 6,
        }
        return counts[self.name]

    def minimum_pairs(self, n_in: int) -> int:
        """Return the number of pairs that determines the model for `n_in` dimensions."""
        counts = {
            "translation": 1,
            "rigid": n_in,
            "similarity": n_in,
            "affine": n_in + 1,
            "projective": n_in + 2,
            "tps": n_in + 1,
            "section": 3,
            "projection": 3,
        }
        return counts[self.name]

    def needed_rank(self, n_in: int) -> int:
        """Return in how many directions the moving landmarks must spread."""
        if self.name == "translation":
            return 0
        if self.name in {"rigid", "similarity"}:
            return n_in - 1
        return 2 if self.name in {"section", "projection"} else n_in


_PLANE_AND_SPACE = ((2, 2), (3, 3))

MODELS: Mapping[str, ModelKind] = {
    kind.name: kind
    for kind in (
        ModelKind("translation", "translation", _PLANE_AND_SPACE),
        ModelKind("rigid", "rigid", _PLANE_AND_SPACE, can_mirror=True),
        ModelKind("similarity", "similarity", _PLANE_AND_SPACE, can_mirror=True),
        ModelKind("affine", "affine", _PLANE_AND_SPACE),
        ModelKind("projective", "projective", ((2, 2),)),
        ModelKind("tps", "thin-plate spline", _PLANE_AND_SPACE),
        ModelKind("section", "section in a volume", ((2, 3),)),
        ModelKind("projection", "projection of a volume", ((3, 2),)),
    )
}

_FORMS: Mapping[str, type[Form]] = {
    form.name: form
    for form in (
        TranslationForm,
        RigidForm,
        SimilarityForm,
        AffineForm,
        ProjectiveForm,
        SectionForm,
        ProjectionForm,
    )
}


def bind(
    model: str,
    n_in: int,
    n_out: int | None = None,
    *,
    pivot: FloatArray | None = None,
    mirror: bool = False,
) -> Form:
    """Return the form of a parametric model.

    Parameters
    ----------
    model
        A key of `MODELS` other than ``tps`` (a spline is bound by its landmarks).
    n_in, n_out
        Dimensions of the moving and fixed space; `n_out` defaults to the model's own.
    pivot
        (n_in,) moving point about which the parameters act; ``None``: the origin.
    mirror
        Fit a reflection; only where ``MODELS[model].can_mirror``.

    Raises
    ------
    ValueError
        For an unknown model, dimensions or a mirror that it does not have.
    """
    kind = MODELS[model] if model in _FORMS else None
    if kind is None:
        raise ValueError(f"{model!r} is not a parametric model")
    out = dict(kind.dimensions).get(n_in) if n_out is None else n_out
    if out is None or (n_in, out) not in kind.dimensions:
        raise ValueError(f"{kind.label} does not map {n_in}D points to {n_out}D points")
    if mirror and not kind.can_mirror:
        raise ValueError(f"{kind.label} has no mirror")
    centre = np.zeros(n_in) if pivot is None else np.asarray(pivot, float)
    return _FORMS[model](n_in, out, centre, mirror)

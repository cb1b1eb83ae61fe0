"""Landmark pairs and registrations: the source of truth from which transforms are computed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tiepoint.model.base import Frozen, new_id

Model = Literal[
    "translation", "rigid", "similarity", "affine", "projective", "tps", "section", "projection"
]


class LandmarkPair(Frozen):
    """The same physical point, clicked in two datasets.

    Attributes
    ----------
    moving, fixed
        Positions in physical units of each dataset (pixels where uncalibrated), axis order
        (y, x) or (z, y, x).
    fle_moving, fle_fixed
        1 σ localisation error per axis, same units; ``None``: the dataset's own.
    """

    id: str = Field(default_factory=new_id)
    name: str
    moving: tuple[float, ...]
    fixed: tuple[float, ...]
    active: bool = True
    fle_moving: tuple[float, ...] | None = None
    fle_fixed: tuple[float, ...] | None = None


class StoredTransform(Frozen):
    """``moving_to_fixed`` as OME-NGFF RFC-5 words (``{"type": "affine", "affine": [[…]]}`` …)."""

    moving_to_fixed: dict[str, object]


class Found(Frozen):
    """A registration found from the images, accepted by a person.

    Attributes
    ----------
    method
        ``"shift"``, ``"mutual information"`` or ``"slice in volume"``.
    sentence
        What the method said of its own certainty.
    sigma
        1 σ of the shift per axis in the fixed dataset's unit, where the method knows it.
    """

    method: str
    sentence: str = ""
    sigma: tuple[float, ...] | None = None


class Registration(Frozen):
    """An edge of the coordinate graph: a model fitted to landmark pairs.

    Attributes
    ----------
    moving, fixed
        Dataset ids.
    mirror
        Whether the model contains a reflection: the user's answer, never a silent flip.
    near
        Linear part of the pose to prefer where the pairs cannot tell two apart (a projection of
        coplanar markers), row by row: the user's answer.
    result
        The transform of the last successful fit; recomputed from the pairs at every edit.
    found
        How the transform was found where there are no landmark pairs; pairs take precedence.
    problem
        Why there is no transform, in words; empty when there is one.
    stale
        Why it has to be looked at again: the data that its pairs were set on are others now. Empty
        where nothing of the kind is known.
    watched
        Region where the error is watched; empty: the middle of the moving dataset; ``None``: not
        chosen yet.
    needed
        95 % error that is just acceptable there, in the fixed dataset's unit; ``None``: not set.
    dismissed
        Codes of the questions that were put aside. They come back when the pairs change.
    branch
        Name of this alternative; several branches may join the same two datasets and
        exactly one of them is `in_use`.
    """

    id: str = Field(default_factory=new_id)
    moving: str
    fixed: str
    model: Model = "similarity"
    mirror: bool = False
    near: tuple[tuple[float, ...], ...] | None = None
    pairs: tuple[LandmarkPair, ...] = ()
    result: StoredTransform | None = None
    found: Found | None = None
    problem: str = ""
    stale: str = ""
    watched: str | None = None
    needed: float | None = Field(default=None, gt=0)
    dismissed: tuple[str, ...] = ()
    branch: str = "main"
    in_use: bool = True

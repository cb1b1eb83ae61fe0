"""What a reader hands over: datasets found in a file, nothing read yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiepoint.model.dataset import Kind, LegendEntry, Metadata, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.data.orientations import Orientations
    from tiepoint.data.points import PointTable
    from tiepoint.model.axes import Axis


@dataclass(frozen=True)
class Level:
    """One resolution of a pyramid.

    Attributes
    ----------
    array
        The values, lazily.
    factors
        How many level-0 pixels one pixel of this level spans, per axis.
    origin
        Index of its first pixel's centre in level-0 pixels, per axis: area-averaged halving gives
        ``(factor - 1) / 2``.
    """

    array: ArrayLike
    factors: tuple[float, ...]
    origin: tuple[float, ...]


@dataclass(frozen=True)
class DatasetDraft:
    """One dataset found in a file.

    Attributes
    ----------
    title
        The file's own name for it; empty if it has none.
    key
        Stable address inside the file, so that the same dataset is found again.
    technique
        ``"SEM"``, ``"micro-CT"``, ``"EDS"``, ``"EELS"``, ``"STEM"``, ``"light microscopy"`` …;
        ``"unknown"`` where the file does not say.
    kind
        ``image``, ``volume``, ``spectrum image``, ``spectrum``, ``diffraction`` …
    axes
        In array order. Spatial axes of one dataset share one unit (nm, µm or mm).
    array
        Full resolution, lazily. RGB(A) images have a last ``channel`` axis and ``rgb=True``.
    frame
        Datasets of one file with the same non-empty `frame` share a physical coordinate system
        and land in place by themselves.
    metadata
        The typed groups.
    original
        Returns the vendor's metadata, verbatim and JSON-able, when asked for.
    warnings
        Sentences about what the file does not say or says doubtfully.
    levels
        Coarser levels stored in the file, finest first, without level 0.
    quantity
        What the values are.
    legend
        What the values of a label map mean.
    points
        The points that `array` counts, of a dataset of kind ``points``.
    orientations
        The crystal orientations behind a map of an EBSD scan.
    answers
        What a person said that the file does not; set when the file is opened.
    """

    title: str
    key: str
    technique: str
    kind: Kind
    axes: tuple[Axis, ...]
    array: ArrayLike
    frame: str = ""
    rgb: bool = False
    metadata: Metadata = field(default_factory=Metadata)
    original: Callable[[], Mapping[str, Any]] = dict
    warnings: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    quantity: Quantity = field(default_factory=Quantity)
    legend: tuple[LegendEntry, ...] = ()
    points: PointTable | None = None
    orientations: Orientations | None = None
    answers: Mapping[str, str] = field(default_factory=dict)

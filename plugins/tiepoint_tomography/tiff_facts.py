"""What a TIFF file says about its pixels, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tiepoint.sdk import Metadata

Step = tuple[float, str | None]
"""Size of one step and its unit."""


@dataclass(frozen=True)
class Facts:
    """What one image series of a TIFF file states.

    Attributes
    ----------
    steps
        ``x``, ``y``, ``z``, ``t`` → step and unit, as far as stated.
    title
        The series' own name.
    channels
        Names of the channels, as far as stated.
    technique, metadata
        As in `DatasetDraft`.
    warnings
        Sentences, without those about missing pixel sizes.
    uncalibrated
        The sentence to say if no pixel size is known; empty: the general one.
    """

    steps: dict[str, Step] = field(default_factory=dict)
    title: str = ""
    channels: tuple[str, ...] = ()
    technique: str = "unknown"
    metadata: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()
    uncalibrated: str = ""

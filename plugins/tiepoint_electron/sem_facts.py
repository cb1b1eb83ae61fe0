"""What the tags of a scanning electron or ion microscope image say, in one typed form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, known, length, missing_words, spatial_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.sdk import DatasetDraft

AGREEMENT = 0.01
"""Two statements of one length that differ by less agree."""


@dataclass(frozen=True)
class SemFacts:
    """One image's facts; lengths in metres, angles in degrees.

    Attributes
    ----------
    pixel_x, pixel_y
        Pixel size; ``None`` if not stated.
    technique
        ``SEM``, ``FIB`` or another.
    field_width, working_distance
        Lengths; ``None`` if not stated.
    stage
        As made by `stage_position`.
    bar_rows
        Rows at the bottom that show the data bar and not the sample.
    identification, settings
        Groups of the metadata.
    warnings
        Sentences.
    """

    pixel_x: float | None = None
    pixel_y: float | None = None
    technique: str = "SEM"
    field_width: float | None = None
    working_distance: float | None = None
    stage: dict[str, Any] = field(default_factory=dict)
    bar_rows: int = 0
    identification: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def enriched(
    draft: DatasetDraft, facts: SemFacts, original: Callable[[], Mapping[str, Any]]
) -> DatasetDraft:
    """Return the draft of the plain image with the microscope's facts.

    Parameters
    ----------
    draft
        The image, (y, x) or (y, x, channel).
    facts
        What the microscope wrote.
    original
        Gives the verbatim metadata.
    """
    y, x, *rest = draft.axes
    space = spatial_axes(
        (y.name, x.name), (y.size, x.size), (facts.pixel_y or facts.pixel_x, facts.pixel_x), "m"
    )
    bar: tuple[str, ...] = ()
    if 0 < facts.bar_rows < y.size:
        bar = (f"The last {facts.bar_rows} rows are the data bar, not the sample.",)
    return replace(
        draft,
        technique=facts.technique,
        axes=(*space, *rest),
        metadata=Metadata(
            identification=facts.identification,
            references=known(
                stage=facts.stage,
                field_width=length(facts.field_width, "m"),
                working_distance=length(facts.working_distance, "m"),
                pixel_size=length(facts.pixel_x, "m"),
            ),
            settings=facts.settings | known(data_bar_rows=facts.bar_rows or None),
        ),
        original=original,
        warnings=(*facts.warnings, *bar, *missing_words(space)),
    )


def number(value: Any) -> float | None:
    """Return a finite number, or ``None``."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None


def scaled(value: Any, factor: float) -> float | None:
    """Return the number times `factor`, rounded to 12 digits; ``None`` if it is none."""
    found = number(value)
    return None if found is None else float(f"{found * factor:.12g}")


def agree(a: float, b: float) -> bool:
    """Whether two statements of one length agree within a per cent."""
    return abs(a - b) <= AGREEMENT * max(abs(a), abs(b))

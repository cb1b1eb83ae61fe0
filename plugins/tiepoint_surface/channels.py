"""One form for the channels of a surface: an image per channel, in one frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import DatasetDraft, Metadata, Quantity, missing_words, spatial_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.sdk import ArrayLike

QUANTITIES = {
    "height": "height", "topography": "height", "z-axis": "height", "zsensor": "height",
    "phase": "phase", "amplitude": "amplitude", "deflection": "deflection",
    "adhesion": "adhesion", "current": "current", "potential": "potential", "slope": "stiffness",
}  # fmt: skip
"""Words in channel names and the quantities they stand for."""


@dataclass(frozen=True)
class Channel:
    """One channel.

    Attributes
    ----------
    title, key
        For people, and the stable address in the file.
    array
        (rows, columns) values in `unit`.
    size_y, size_x
        Edge lengths of the whole field in `length_unit`; ``None`` where not stated.
    length_unit
        Standard spelling; ``None`` where not stated.
    unit
        Of the values.
    upwards
        Whether the first row is the lowest, as probes scan: the step along y is negative then.
    offset_y, offset_x
        Position of the field's first corner in `length_unit`.
    frame
        Channels with the same word lie in one frame.
    """

    title: str
    key: str
    array: ArrayLike
    size_y: float | None
    size_x: float | None
    length_unit: str | None
    unit: str | None = None
    upwards: bool = False
    offset_y: float = 0.0
    offset_x: float = 0.0
    frame: str = "scan"
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def surface_draft(
    channel: Channel,
    technique: str,
    metadata: Metadata,
    original: Callable[[], Mapping[str, Any]],
) -> DatasetDraft:
    """Return the draft of a channel.

    Parameters
    ----------
    channel
        What the file says of it.
    technique
        ``"AFM"`` or ``"profilometry"``.
    metadata
        The typed groups, to which the channel's settings are added.
    original
        Gives the verbatim metadata.
    """
    rows, columns = channel.array.shape
    y = None if channel.size_y is None else channel.size_y / rows
    x = None if channel.size_x is None else channel.size_x / columns
    first_y = channel.offset_y + (y or 0) / 2
    if y is not None and channel.upwards:
        y, first_y = -y, channel.offset_y - y / 2
    space = spatial_axes(
        ("y", "x"), (rows, columns), (y, x), channel.length_unit,
        (first_y, channel.offset_x + (x or 0) / 2),
    )  # fmt: skip
    return DatasetDraft(
        title=channel.title,
        key=channel.key,
        technique=technique,
        kind="image",
        axes=space,
        array=channel.array,
        frame=channel.frame,
        metadata=metadata.replace(settings={**metadata.settings, **channel.settings}),
        original=original,
        warnings=(*channel.warnings, *missing_words(space)),
        quantity=Quantity(name=quantity_of(channel.title), unit=channel.unit),
    )


def quantity_of(title: str) -> str:
    """Return the quantity that a channel's name stands for; its own words if none is known."""
    low = title.lower().replace(" ", "")
    return next((name for word, name in QUANTITIES.items() if word in low), title)

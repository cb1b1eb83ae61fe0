"""Label maps in the colours of their legend: phases, classes of grains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.session.label_shares import share_words

if TYPE_CHECKING:
    from tiepoint.data.sampling import Section
    from tiepoint.model.dataset import Dataset, LegendEntry
    from tiepoint.session import Session
    from tiepoint.support.arrays import AnyArray

MOST_ENTRIES = 8
"""Entries of a legend that are listed beside a picture."""
UNNAMED = (90, 96, 108)
ROUND_OFF = 1e-9


def coloured(dataset: Dataset, section: Section) -> Section:
    """Return a section of a label map as a colour picture; any other section as it is.

    Values that the legend does not name are grey.
    """
    if dataset.kind != "labels" or not dataset.legend or section.values.ndim != 2:
        return section
    return replace(section, values=colours(section.values, dataset.legend))


def colours(values: AnyArray, legend: tuple[LegendEntry, ...]) -> AnyArray:
    """Return (rows, cols, 3) uint8 colours of label values (rows, cols)."""
    found = np.nan_to_num(np.asarray(values, float)).astype(np.int64)
    picture = np.empty((*found.shape, 3), np.uint8)
    picture[:] = UNNAMED
    for entry in legend:
        picture[found == entry.value] = _rgb(entry.colour)
    return picture


def label_words(session: Session, dataset: Dataset) -> list[tuple[str, str, str]]:
    """Return (colour, name, share of the map) of what the values of a label map mean.

    The share is empty where the labels are not counted yet; values that the legend does not name
    come last, where there are any.
    """
    shares = session.label_shares.if_known(dataset)
    listed = dataset.legend[:MOST_ENTRIES]
    words = [
        (entry.colour, entry.name, share_words(shares.get(entry.value, 0.0)) if shares else "")
        for entry in listed
    ]
    rest = sum(shares.values()) - sum(shares.get(entry.value, 0.0) for entry in dataset.legend)
    if rest > ROUND_OFF:
        grey = "#" + "".join(f"{part:02x}" for part in UNNAMED)
        words.append((grey, "other values", share_words(rest)))
    return words


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))

"""What was done to a project, by whom and when."""

from __future__ import annotations

from datetime import UTC, datetime

from tiepoint.model.base import Frozen


class HistoryEntry(Frozen):
    """One operation, in the words of the Edit menu.

    Attributes
    ----------
    label
        ``"Add landmark L3"``, ``"Undo: Add landmark L3"`` …
    when
        ISO 8601, UTC, seconds.
    author
        Name from the settings; empty where nobody gave one.
    """

    label: str
    when: str
    author: str = ""


def now() -> str:
    """Return the present moment: ISO 8601, UTC, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")

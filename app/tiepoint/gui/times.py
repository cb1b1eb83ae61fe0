"""Moments in the words of a calendar on the wall."""

from __future__ import annotations

from datetime import datetime


def moment_words(iso: str) -> str:
    """Return a moment as local time of day, with the date where it is another day."""
    when = _local(iso)
    if when is None:
        return iso
    is_today = when.date() == datetime.now().astimezone().date()
    return when.strftime("%H:%M" if is_today else "%d %b %Y %H:%M")


def short_moment(iso: str) -> str:
    """Return the local time of day, or the date of another day."""
    when = _local(iso)
    if when is None:
        return iso
    is_today = when.date() == datetime.now().astimezone().date()
    return when.strftime("%H:%M" if is_today else "%d %b")


def full_moment(iso: str) -> str:
    """Return local date and time to the second."""
    when = _local(iso)
    return iso if when is None else when.strftime("%d %b %Y %H:%M:%S")


def _local(iso: str) -> datetime | None:
    try:
        return datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return None

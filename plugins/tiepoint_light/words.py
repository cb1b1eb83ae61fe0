"""Small questions to nested vendor metadata."""

from __future__ import annotations

from math import isfinite
from typing import Any


def entry(said: Any, *keys: str) -> Any:
    """Return what nested mappings hold under `keys`, ``None`` where the way ends."""
    for key in keys:
        if not isinstance(said, dict):
            return None
        said = said.get(key)
    return said


def listed(said: Any) -> list[Any]:
    """Return one entry or many as a list; nothing as an empty one."""
    if said is None:
        return []
    return list(said) if isinstance(said, list | tuple) else [said]


def number(said: Any) -> float | None:
    """Return a finite number, or ``None``."""
    try:
        found = float(said)
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None

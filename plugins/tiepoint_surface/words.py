"""Numbers with units in text headers."""

from __future__ import annotations

import re

from tiepoint.sdk import length_unit

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
PREFIXES = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "~": 1e-6, "m": 1e-3, "": 1.0}


def quantity(text: str | None) -> tuple[float | None, str]:
    """Return the first number of a text and the word after it: ``"500 nm"`` → (500.0, "nm")."""
    found = _NUMBER.search(text or "")
    if found is None:
        return None, ""
    rest = (text or "")[found.end() :].split()
    return float(found.group()), rest[0].strip("()") if rest else ""


def numbers(text: str | None) -> list[float]:
    """Return every number of a text."""
    return [float(word) for word in _NUMBER.findall(text or "")]


def length_in(text: str | None) -> str | None:
    """Return the standard spelling of a length unit; ``~m`` is how some write µm."""
    return length_unit((text or "").replace("~m", "µm"))

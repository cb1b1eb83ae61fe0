"""Printing for people, or one JSON document; refusals in one line."""

from __future__ import annotations

import io
import json
import math
import sys
from typing import Any

DONE, USAGE, REFUSED = 0, 2, 3


def speak_utf8() -> None:
    """Print µ, Å and σ whatever encoding the system believes the terminal to have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")


def say(words: str) -> None:
    """Print a line for people."""
    sys.stdout.write(words + "\n")


def say_json(value: Any) -> None:
    """Print one JSON document; numbers that JSON does not know become null."""
    json.dump(_plain(value), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def refuse(words: str) -> int:
    """Print a refusal in one line and return its exit code."""
    sys.stderr.write(f"tiepoint: error: {' '.join(words.split())}\n")
    return REFUSED


def progress(fraction: float, message: str = "") -> None:
    """Show progress on a terminal, nothing in a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{fraction:4.0%} {message:<60}" + ("\n" if fraction >= 1 else ""))
        sys.stderr.flush()


def _plain(value: Any) -> Any:
    """Return `value` in JSON's own types."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

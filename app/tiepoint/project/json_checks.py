"""Guards for JSON that came from elsewhere: size, depth, finite numbers."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

from tiepoint.support.errors import TiepointError

MAX_BYTES = 64 << 20
MAX_DEPTH = 64


def read_json(data: bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object.

    Raises
    ------
    TiepointError
        If it is larger than 64 MB, nested deeper than 64, not UTF-8 JSON, holds a number that is
        not finite, or is not an object.
    """
    require_size(len(data), name)
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_not_a_number)
    except RecursionError:
        raise TiepointError(f"The document in {name} is nested too deeply.") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise TiepointError(f"The document in {name} cannot be read: {error}.") from None
    if not isinstance(document, dict):
        raise TiepointError(f"The document in {name} is not a JSON object.")
    require_finite(document, name)
    return document


def require_size(count: int, name: str) -> None:
    """Refuse a document of more than 64 MB."""
    if count > MAX_BYTES:
        raise TiepointError(
            f"The document of {name} is {count / 1e6:.0f} MB large; the limit is "
            f"{MAX_BYTES / 1e6:.0f} MB."
        )


def _not_a_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def require_finite(document: dict[str, Any], name: str) -> None:
    """Refuse values nested deeper than 64, and numbers that are not finite."""
    level: list[Any] = [document]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise TiepointError(f"The document in {name} is nested more than {MAX_DEPTH} deep.")
        deeper: list[Any] = []
        for item in level:
            values = item.values() if isinstance(item, dict) else item
            for value in values:
                if isinstance(value, float) and not isfinite(value):
                    raise TiepointError(
                        f"The document in {name} holds a number that is not finite."
                    )
                if isinstance(value, dict | list | tuple):
                    deeper.append(value)
        level = deeper

"""Numbers in columns of text, as EBSD programs export them."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.sdk import TiepointError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def text_lines(path: Path) -> list[str]:
    """Return the lines of a text file (UTF-8, else Latin-1), without line ends."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return raw.decode("latin-1").splitlines()


def numbers(lines: list[str], name: str) -> NDArray[np.float64]:
    """Return the table in `lines`, shape (rows, columns); decimal commas are understood.

    Parameters
    ----------
    lines
        Without the header. A last line that is cut off is left out.
    name
        Of the file, for the sentence.

    Raises
    ------
    TiepointError
        If the lines are no table of numbers.
    """
    filled = [line for line in lines if line.strip()]
    if len(filled) > 1 and len(filled[-1].split()) < len(filled[-2].split()):
        filled.pop()
    text = "\n".join(filled)
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        return np.loadtxt(StringIO(text), dtype=np.float64, ndmin=2)
    except ValueError as error:
        sentence = f"{name} is damaged: its table of points cannot be read ({error})."
        raise TiepointError(sentence) from error

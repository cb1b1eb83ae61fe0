"""Small text tables as people save them; every error names the line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_BYTES = 64 * 2**20
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet would take for a formula."""

_DECIMAL_COMMA = re.compile(r"^[-+]?\d+,\d+([eE][-+]?\d+)?$")


@dataclass(frozen=True)
class Row:
    """One line that is not blank: its number in the file (from 1) and its cells, stripped."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of a text table and how they were separated (``None``: white space)."""

    name: str
    rows: tuple[Row, ...]
    delimiter: str | None

    def error(self, row: Row, what: str) -> TiepointError:
        """Return a refusal that names the file and the line."""
        return TiepointError(f"{self.name}, line {row.line}: {what}")

    def number(self, row: Row, column: int, called: str) -> float:
        """Read one finite number.

        A decimal comma is understood where the comma is not the delimiter.

        Raises
        ------
        TiepointError
            If the cell is missing, empty, not a number or not finite.
        """
        text = row.cells[column] if column < len(row.cells) else ""
        if not text:
            raise self.error(row, f"{called} is missing.")
        if self.delimiter != "," and _DECIMAL_COMMA.match(text):
            text = text.replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            raise self.error(row, f"{called} is not a number: “{text[:40]}”.") from None
        if not isfinite(value):
            raise self.error(row, f"{called} is {text}, not a finite number.")
        return value


def read_text(path: Path | str) -> str:
    """Return a text file's content; UTF-8 or UTF-16 with BOM, else Latin-1.

    Raises
    ------
    TiepointError
        If it cannot be read, is larger than 64 MB, is empty, or is no text.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TiepointError(f"{path.name} is larger than 64 MB: it is no table of points.")
        data = path.read_bytes()
    except OSError as error:
        raise TiepointError(f"{path.name} cannot be read: {error.strerror}.") from error
    text = _decode(data)
    if "\0" in text:
        raise TiepointError(f"{path.name} is not a text file.")
    if not text.strip():
        raise TiepointError(f"{path.name} is empty.")
    return text


def _decode(data: bytes) -> str:
    encodings = ["utf-8-sig", "latin-1"]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings.insert(0, "utf-16")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("every byte string is Latin-1")


def read_table(path: Path | str) -> Table:
    """Read a delimited text file: comma, semicolon, tab or white space; blank lines left out."""
    return parse_table(read_text(path), Path(path).name)


def parse_table(text: str, name: str) -> Table:
    """Read a table from `text`; leading lines that start with ``#`` are comments."""
    delimiter = _delimiter(text)
    rows = tuple(_split(text, delimiter))
    if not rows:
        raise TiepointError(f"{name} holds no rows.")
    return Table(name, rows, delimiter)


def _split(text: str, delimiter: str | None) -> Iterable[Row]:
    if delimiter is None:
        for line, content in enumerate(text.splitlines(), 1):
            if content.strip() and not content.lstrip().startswith("#"):
                yield Row(line, tuple(content.split()))
        return
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    leading = True
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if not any(stripped) or (leading and _is_comment(stripped)):
                continue
            leading = False
            yield Row(reader.line_num, stripped)
    except csv.Error as error:
        raise TiepointError(f"Line {reader.line_num} of the table is damaged: {error}.") from error


def _is_comment(cells: Sequence[str]) -> bool:
    """Whether a row above the data is a comment; a landmark may well be called “#1”."""
    return cells[0].startswith("#") and not any(is_number(cell) for cell in cells[1:])


def _delimiter(text: str) -> str | None:
    """Choose by the first line that holds data, outside quotes."""
    first = next((s for s in text.splitlines() if s.strip() and not s.lstrip().startswith("#")), "")
    bare = re.sub(r'"[^"]*"', "", first)
    for candidate in (";", "\t", ","):
        if candidate in bare:
            return candidate
    return None


def guarded(text: str) -> str:
    """Return a text cell that no spreadsheet takes for a formula: a ``'`` before = + - @."""
    return "'" + text if text.startswith((*DANGEROUS, "'")) else text


def unguarded(text: str) -> str:
    """Undo `guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*DANGEROUS, "'")) else text


def is_number(text: str) -> bool:
    """Whether a cell reads as a number (also nan, inf, and with a decimal comma)."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def write_rows(
    path: Path | str,
    rows: Iterable[Sequence[str]],
    *,
    delimiter: str = ",",
    quote_all: bool = False,
) -> None:
    """Write a table as UTF-8 with Unix line ends; text cells must be `guarded` already."""
    target = io.StringIO()
    writer = csv.writer(
        target,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        lineterminator="\n",
    )
    writer.writerows(rows)
    write_text(path, target.getvalue())


def write_text(path: Path | str, text: str) -> None:
    """Write a small text file beside its final place, then move it there."""
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise TiepointError(f"{path.name} cannot be written: {error.strerror}.") from error

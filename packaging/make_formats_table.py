"""Write docs/formats.md: what Tiepoint makes of every file in a folder of real instrument files.

Run as ``python packaging/make_formats_table.py [FOLDER]``; without FOLDER,
``$TIEPOINT_REALDATA`` is taken. Every file ends in one of the two tables: opened, or refused with
the sentence that a user would read.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.decoded import open_decoded
from tiepoint.data.info import describe
from tiepoint.data.lazy import LazyArray
from tiepoint.data.opening import open_file
from tiepoint.data.registry import readers
from tiepoint.data.views import View
from tiepoint.support.errors import TiepointError
from tiepoint_spectroscopy.events import EventCube

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OUT = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
UNKNOWN = (
    "No reader knows",
    "holds no image, map or spectrum that Tiepoint knows",
    "its content is not of a kind that Tiepoint reads",
)
"""What marks the sentences that stand for every file of no known format."""
HEADER = """# Formats

What Tiepoint makes of {files} real files of many instruments; written by
`packaging/make_formats_table.py`, not by hand. Rows with the same answer are joined, `n` says how
many datasets they stand for, and the shape is that of the largest. An axis without a unit is one
whose file does not say it: Tiepoint then asks, and never guesses.

*Values*: **lazy** – only the asked-for part is read; **blocks** – the blocks that it touches are
read, a small file being a single block; **whole** – all is decoded at the first read; **memory** –
read with the rest of the file when it is opened.

Formats with an *extra* need it installed; `pip install 'tiepoint[bio,surface,mesh,xray]'` brings
all of them.

{opened} files open and hold {datasets} datasets; {refused} are refused.

"""


@dataclass
class Row:
    """Datasets that give the same answer."""

    shape: tuple[int, ...] = ()
    count: int = 0

    def take(self, shape: tuple[int, ...]) -> None:
        """Count one more dataset; keep the largest shape."""
        self.count += 1
        self.shape = max(self.shape, shape, key=lambda s: (len(s) > 0, prod(s)))


@dataclass
class Found:
    """Everything found in a folder."""

    rows: dict[tuple[str, ...], Row] = field(default_factory=dict)
    opened: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def take(self, path: Path, name: str) -> None:
        """Open one file or folder and note the answer."""
        try:
            entries, kinds = describe(path), [_values(d.array) for d in open_file(path)[1]]
        except TiepointError as error:
            self.refused.append((name, str(error)))
            return
        self.opened += 1
        for entry, values in zip(entries, kinds, strict=True):
            key = (
                entry["reader"], _extension(path), entry["technique"], entry["kind"],
                _units(entry["axes"]), values,
            )  # fmt: skip
            self.rows.setdefault(key, Row()).take(tuple(entry["shape"]))


def look_through(folder: Path) -> Found:
    """Open every file below `folder`, and every folder that is one dataset."""
    found = Found()
    for path in _things(folder):
        name = path.relative_to(folder).as_posix() + ("/" if path.is_dir() else "")
        print(name, file=sys.stderr, flush=True)
        found.take(path, name)
    return found


def _things(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.is_dir():
            if _is_dataset(path):
                yield path
            if path.suffix != ".zarr":
                yield from _things(path)


def _is_dataset(folder: Path) -> bool:
    try:
        open_file(folder)
    except TiepointError:
        return False
    return True


def _values(array: Any) -> str:
    """Return how values are read, by looking at what stands behind an array."""
    while isinstance(array, View):
        array = array.source
    if isinstance(array, LazyArray):
        if array.opener is open_decoded:
            return "whole"
        with array.opener(*array.arguments) as opened:
            behind = getattr(opened, "data", None)
            return _values(behind) if hasattr(behind, "shape") else "lazy"
    if isinstance(array, np.memmap):
        return "lazy"
    if isinstance(array, np.ndarray):
        return "memory"
    if isinstance(array, EventCube):
        return "whole"
    return "blocks" if hasattr(array, "npartitions") else "lazy"


def _extension(path: Path) -> str:
    name = path.name.lower()
    double = next((e for e in (".ome.tif", ".ome.tiff", ".nii.gz") if name.endswith(e)), "")
    return "folder" if path.is_dir() else double or path.suffix.lower() or "none"


def _units(axes: Iterable[dict[str, Any]]) -> str:
    """Return axes as ``y, x nm · Energy keV``; a bare name has no unit."""
    groups: list[tuple[list[str], str]] = []
    for axis in axes:
        unit = axis["unit"] or ("–" if axis["role"] not in ("index", "channel") else "")
        if groups and groups[-1][1] == unit:
            groups[-1][0].append(axis["name"])
        else:
            groups.append(([axis["name"]], unit))
    return " · ".join(f"{', '.join(names)} {unit}".strip() for names, unit in groups)


def as_markdown(found: Found) -> str:
    """Return the page."""
    datasets = sum(row.count for row in found.rows.values())
    labels = {spec.name: spec.label for spec in readers()}
    extras = {spec.label: f" (extra `{spec.extra}`)" for spec in readers() if spec.extra}
    seen = {labels[key[0]] for key in found.rows}
    page = HEADER.format(
        files=found.opened + len(found.refused), opened=found.opened,
        datasets=datasets, refused=len(found.refused),
    )  # fmt: skip
    for label in sorted(seen, key=str.casefold):
        rows = [item for item in found.rows.items() if labels[item[0][0]] == label]
        page += _reader_table(f"{label}{extras.get(label, '')}", rows)
    unseen = {label: spec.patterns for spec in readers() if (label := spec.label) not in seen}
    if unseen:
        page += "## Readers without a file in this folder\n\n"
        page += "".join(f"- {label} (`{'` `'.join(known)}`)\n" for label, known in unseen.items())
        page += "\n"
    return page + _refusals(found.refused)


def _reader_table(label: str, rows: Iterable[tuple[tuple[str, ...], Row]]) -> str:
    lines = [
        (f"`{key[1]}`", key[2], key[3], " × ".join(map(str, row.shape)), key[4], key[5], row.count)
        for key, row in sorted(rows, key=lambda item: item[0])
    ]
    head = ("file", "technique", "kind", "shape", "axes and units", "values", "n")
    return f"## {label}\n\n{_table(head, lines)}\n"


def _refusals(refused: list[tuple[str, str]]) -> str:
    """Return every refused file with its sentence; the most common sentence stands once."""
    page = "## Refused\n\nThe program says this, and nothing is added.\n\n"
    own = [(f"`{name}`", words) for name, words in refused if not _is_unknown(words)]
    if own:
        page += _table(("file", "sentence"), own) + "\n"
    examples = [next((w for _, w in refused if mark in w), "") for mark in UNKNOWN]
    by_ending: dict[str, list[str]] = {}
    for name, words in refused:
        if _is_unknown(words):
            by_ending.setdefault(_extension(Path(name)), []).append(f"`{name}`")
    if by_ending:
        said = " or ".join(f"“{example}”" for example in examples if example)
        page += f"### No reader\n\n{said} – and so for every file in this table.\n\n"
        rows = [
            (f"`{end}`", len(names), " ".join(names)) for end, names in sorted(by_ending.items())
        ]
        page += _table(("ending", "n", "files"), rows)
    return page


def _is_unknown(words: str) -> bool:
    return any(mark in words for mark in UNKNOWN)


def _table(head: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> str:
    rows = [head, ("---",) * len(head), *lines]
    return "".join(f"| {' | '.join(_cell(cell) for cell in row)} |\n" for row in rows)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def main() -> int:
    """Look through the folder and write the page."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TIEPOINT_REALDATA", "")
    if not named or not Path(named).is_dir():
        print("Name a folder of instrument files, or set TIEPOINT_REALDATA.", file=sys.stderr)
        return 2
    found = look_through(Path(named))
    OUT.write_text(as_markdown(found), encoding="utf-8")
    print(f"{OUT.name}: {found.opened} files opened, {len(found.refused)} refused")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Numbered files of equal images as one volume."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.opening import open_file
from tiepoint.data.paged import paged_array
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike, LazyArray

_NUMBER = re.compile(r"(\d+)(?!.*\d)")


@dataclass(frozen=True)
class Series:
    """Files whose names differ in their last number only.

    Attributes
    ----------
    title
        What the names share before the number.
    paths
        In the order of their numbers.
    missing
        Numbers that the sequence leaves out.
    """

    title: str
    paths: tuple[Path, ...]
    missing: tuple[int, ...]


def numbered_series(paths: Iterable[Path]) -> list[Series]:
    """Group files by their names without the last number; groups of one are left out."""
    groups: dict[tuple[str, str], list[tuple[int, Path]]] = defaultdict(list)
    for path in paths:
        found = _NUMBER.search(path.stem)
        if found:
            ends = path.stem[: found.start()], path.stem[found.end() :] + path.suffix.lower()
            groups[ends].append((int(found.group()), path))
    return [
        _series(ends[0], members) for ends, members in sorted(groups.items()) if len(members) > 1
    ]


def _series(title: str, members: list[tuple[int, Path]]) -> Series:
    members.sort(key=lambda member: (member[0], member[1].name))
    numbers = [number for number, _ in members]
    steps = np.diff(numbers)
    step = int(np.median(steps)) if len(steps) else 1
    present = set(numbers)
    expected = range(numbers[0], numbers[-1] + 1, step) if step > 0 else range(0)
    few = len(expected) < 4 * len(numbers)
    missing = tuple(n for n in expected if n not in present) if few else ()
    return Series(title.strip(" _-.[("), tuple(path for _, path in members), missing)


def stack_array(paths: tuple[Path, ...], first: DatasetDraft, reader: str) -> LazyArray:
    """Return the first dataset of every file as one array, file number first."""
    names = tuple(str(path) for path in paths)
    return paged_array(image_of, len(paths), first.array.shape, first.array.dtype, names, reader)


def image_of(number: int, paths: tuple[str, ...], reader: str) -> ArrayLike:
    """Return the image in one file of a stack, lazily.

    Raises
    ------
    TiepointError
        If the file is missing or cannot be opened.
    """
    path = paths[number]
    try:
        status = Path(path).stat()
    except OSError:
        raise TiepointError(f"{path} is missing from the stack.") from None
    return _opened(path, reader, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4096)
def _opened(path: str, reader: str, modified: int, size: int) -> ArrayLike:
    """Return the image of a file; the last two arguments tell when it was rewritten."""
    return open_file(Path(path), reader)[1][0].array

"""Folders of numbered images as one volume each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    TiepointError,
    missing_words,
    numbered_series,
    open_file,
    stack_array,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import Series

SUFFIXES = {".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg"}
MOST_NAMED = 5


def _images(path: Path) -> list[Path]:
    return [item for item in path.iterdir() if item.suffix.lower() in SUFFIXES and item.is_file()]


def sniff(path: Path, _head: bytes) -> bool:
    """Whether a folder holds images whose names differ in a number."""
    try:
        return path.is_dir() and bool(numbered_series(_images(path)))
    except OSError:
        return False


def read(path: Path) -> list[DatasetDraft]:
    """Return one volume per series of numbered files; slices are read when they are shown.

    Parameters
    ----------
    path
        The folder. All files of a series have the pixels and the pixel size of its first.

    Raises
    ------
    TiepointError
        If first, middle and last file of a series differ in size.
    """
    return [_volume(series) for series in numbered_series(_images(path))]


def _volume(series: Series) -> DatasetDraft:
    first_path = series.paths[0]
    reader, drafts = open_file(first_path)
    first = drafts[0]
    for path in (series.paths[len(series.paths) // 2], series.paths[-1]):
        other = open_file(path, reader.name)[1][0]
        if other.array.shape != first.array.shape or other.array.dtype != first.array.dtype:
            raise TiepointError(
                f"The files of the stack differ: {first_path.name} has {first.array.shape}"
                f" {first.array.dtype} pixels, {path.name} {other.array.shape} {other.array.dtype}."
            )
    if first.kind != "image":
        raise TiepointError(f"{first_path.name} is no single image; open the files one by one.")
    axes = (Axis(name="z", size=len(series.paths)), *first.axes)
    return replace(
        first,
        title=series.title,
        key=series.title or "stack",
        kind="volume",
        axes=axes,
        array=stack_array(series.paths, first, reader.name),
        frame="",
        warnings=(*_gap_words(series), *_own_words(first), *missing_words(axes)),
        levels=(),
    )


def _own_words(first: DatasetDraft) -> tuple[str, ...]:
    """Return what the image's own reader found, without its words about calibration."""
    unsaid = missing_words(first.axes)
    return tuple(words for words in first.warnings if words not in unsaid)


def _gap_words(series: Series) -> tuple[str, ...]:
    if not series.missing:
        return ()
    some = ", ".join(str(number) for number in series.missing[:MOST_NAMED])
    more = " …" if len(series.missing) > MOST_NAMED else ""
    return (
        f"Numbers {some}{more} are missing from the sequence: the slices after a gap are too close"
        " by as many steps.",
    )

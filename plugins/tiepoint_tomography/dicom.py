"""Folders of DICOM files: one volume per series."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    TiepointError,
    known,
    missing_words,
    paged_array,
    spatial_axes,
    view,
)
from tiepoint_tomography.dicom_tags import PIXEL_SPACING, identification, states, technique
from tiepoint_tomography.itk import decode, information, is_upright, itk, numpy_type

FIRST_FILES = 5
PREFIX = 128
UNEVEN = 0.01


def sniff(path: Path, _head: bytes) -> bool:
    """Whether one of the folder's first files is DICOM."""
    if not path.is_dir():
        return False
    try:
        files = sorted(item for item in path.iterdir() if item.is_file())[:FIRST_FILES]
        return any(_is_dicom(item) for item in files)
    except OSError:
        return False


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(PREFIX + 4)[PREFIX:] == b"DICM"


def read(path: Path) -> list[DatasetDraft]:
    """Return the series of a folder, each slice read when it is shown.

    Raises
    ------
    TiepointError
        If no series is complete enough to be opened.
    """
    reader = itk().ImageSeriesReader
    drafts = [
        _series(str(key), [Path(name) for name in reader.GetGDCMSeriesFileNames(str(path), key)])
        for key in reader.GetGDCMSeriesIDs(str(path))
    ]
    if not drafts:
        raise TiepointError(f"{path.name} holds no DICOM series.")
    return drafts


def _series(key: str, files: list[Path]) -> DatasetDraft:
    first = information(files[0])
    page = tuple(int(n) for n in reversed(first.GetSize()))[-2:]
    step, words = _step(files, first)
    rows, columns = list(reversed(first.GetSpacing()))[-2:]
    unit = "mm" if states(first, PIXEL_SPACING) else None
    shape = (len(files), *page) if len(files) > 1 else page
    names, steps = ("zyx", (step, rows, columns)) if len(files) > 1 else ("yx", (rows, columns))
    axes: tuple[Axis, ...] = spatial_axes(names, shape, steps, unit)
    said = identification(first)
    names_of_files = tuple(str(file) for file in files)
    stack = paged_array(slice_of, len(files), page, numpy_type(first), names_of_files, page)
    array = stack if len(files) > 1 else view(stack, (1, 2), ((0, 0),))
    return DatasetDraft(
        title=said.get("title") or key.rpartition(".")[2],
        key=key,
        technique=technique(first),
        kind="volume" if len(files) > 1 else "image",
        axes=axes,
        array=array,
        metadata=Metadata(
            identification=known(**said),
            references=known(
                origin=list(first.GetOrigin()),
                direction=None if is_upright(first) else list(first.GetDirection()),
            ),
        ),
        original=partial(original_metadata, files[0]),
        warnings=(*words, *missing_words(axes)),
    )


def _step(files: list[Path], first: Any) -> tuple[float | None, tuple[str, ...]]:
    """Return the distance of neighbouring slices in mm, from first, second and last."""
    if len(files) < 2:
        return None, ()
    start = np.array(first.GetOrigin())
    near = float(np.linalg.norm(np.array(information(files[1]).GetOrigin()) - start))
    whole = float(np.linalg.norm(np.array(information(files[-1]).GetOrigin()) - start))
    mean = whole / (len(files) - 1)
    if mean == 0:
        return None, ("All slices state the same position.",)
    if abs(near - mean) > UNEVEN * mean:
        return mean, ("The slices are not evenly spaced; their mean distance is used.",)
    return mean, ()


def slice_of(number: int, files: tuple[str, ...], page: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return one slice, (rows, columns)."""
    values = decode(Path(files[number]))
    return values.reshape(page) if values.size == page[0] * page[1] else values


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the tags of the first slice, verbatim."""
    info = information(path)
    return {tag: info.GetMetaData(tag) for tag in info.GetMetaDataKeys()}

"""NumPy .npy files: uncalibrated arrays, never unpickled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    TiepointError,
    missing_words,
    raw_array,
    spatial_axes,
    view,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import ArrayLike


def read(path: Path) -> list[DatasetDraft]:
    """Return the array as an image (2D), a volume (3D) or frames of one (4D and more).

    Raises
    ------
    TiepointError
        If it holds objects, records or a mere list of numbers, or is truncated.
    """
    with path.open("rb") as stream:
        try:
            version = np.lib.format.read_magic(stream)
            reader = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = reader(stream)
        except (ValueError, SyntaxError, UnicodeDecodeError) as error:
            raise TiepointError(f"{path.name} is damaged: its header is not readable.") from error
        offset = stream.tell()
    if dtype.kind not in "iufbc" or len(shape) < 2 or min(shape) < 1:
        raise TiepointError(f"{path.name} holds {shape} {dtype}, which is no image or volume.")
    stored = tuple(reversed(shape)) if fortran else shape
    block = raw_array(path, offset, stored, dtype)
    array = view(block, tuple(reversed(range(len(shape))))) if fortran else block
    return [_draft(array)]


def _draft(array: ArrayLike) -> DatasetDraft:
    rgb = array.ndim == 3 and array.shape[-1] in (3, 4) and array.dtype == np.uint8
    space = array.shape[:-1] if rgb else array.shape[-3:]
    frames = () if rgb else array.shape[:-3]
    axes = (
        *(Axis(name="index", size=size, role="index") for size in frames),
        *spatial_axes("zyx"[-len(space) :], space, [None] * len(space), None),
        *((Axis(name="channel", size=array.shape[-1], role="channel"),) if rgb else ()),
    )
    return DatasetDraft(
        title="",
        key="array",
        technique="unknown",
        kind="image" if array.ndim - rgb == 2 else "volume",
        axes=axes,
        array=array,
        rgb=rgb,
        warnings=missing_words(axes),
    )

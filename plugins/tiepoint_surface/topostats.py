"""TopoStats: levelled and raw images of an AFM scan in HDF5, in nm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Metadata, TiepointError, h5_array, h5_file, jsonable, known
from tiepoint_surface.channels import Channel, surface_draft

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft

IMAGES = {"image": "height, levelled", "image_original": "height, as measured"}
SCALE = "pixel_to_nm_scaling"


def read(path: Path) -> list[DatasetDraft]:
    """Return the levelled image and the one before levelling.

    Raises
    ------
    TiepointError
        If there is none.
    """
    channels = []
    with h5_file(path) as file:
        step = float(file[SCALE][()]) if SCALE in file else 0.0
        for name, title in IMAGES.items():
            if name in file and getattr(file[name], "ndim", 0) == 2:
                rows, columns = file[name].shape
                array, known_step = h5_array(path, file[name]), step if step > 0 else None
                height = known_step and known_step * rows
                width = known_step and known_step * columns
                unit = "nm" if known_step else None
                channels.append(Channel(title, name, array, height, width, unit, "nm"))
        source = jsonable(file["filename"][()]) if "filename" in file else ""
    if not channels:
        raise TiepointError(f"{path.name} holds no image of TopoStats.")
    metadata = Metadata(identification=known(source=source))
    return [surface_draft(c, "AFM", metadata, partial(original, path)) for c in channels]


def original(path: Path) -> dict[str, Any]:
    """Return every single value at the file's top."""
    with h5_file(path) as file:
        return {
            name: jsonable(np.asarray(item[()]).item() if item.dtype.kind != "O" else item[()])
            for name, item in file.items()
            if getattr(item, "shape", None) == ()
        }

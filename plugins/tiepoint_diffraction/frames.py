"""X-ray detector frames (EDF, CBF, MarCCD, mar345 …), decoded by FabIO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    LazyArray,
    Metadata,
    TiepointError,
    decoded_array,
    jsonable,
    known,
    paged_array,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

DIFFRACTION = (".cbf", ".mccd", ".mar2300", ".mar3450", ".mar1200", ".mar1600", ".gfrm", ".sfrm")
"""Endings that only diffractometers and beamlines for diffraction write."""
EDF_HEADER = 512
DETECTOR = (
    "Positions are pixels of the detector: the file does not say what one of them is on the sample."
)


def read(path: Path) -> list[DatasetDraft]:
    """Return the frames, (y, x) or (frame, y, x), in detector pixels.

    Raises
    ------
    TiepointError
        If the file is damaged.
    """
    import fabio

    try:
        with fabio.open(str(path)) as image:
            frames, shape = int(image.nframes), tuple(int(n) for n in image.shape)
            dtype = np.dtype(image.dtype).newbyteorder("=")
            words = {str(key): jsonable(value) for key, value in image.header.items()}
    except Exception as error:
        raise TiepointError(f"{path.name} is damaged or no detector image.") from error
    if path.suffix.lower() == ".edf":
        _require_whole(path, frames * int(np.prod(shape)) * dtype.itemsize, words)
    if len(shape) != 2 or min(shape) < 1:
        raise TiepointError(f"{path.name} holds no image but {shape} values.")
    axes = tuple(Axis(name=name, size=size) for name, size in zip("yx", shape, strict=True))
    array: LazyArray
    if frames > 1:
        array = paged_array(frame, frames, shape, dtype, str(path))
        axes = (Axis(name="frame", size=frames, role="index"), *axes)
    else:
        array = decoded_array(decode, path, shape, dtype)
    return [
        DatasetDraft(
            title="",
            key="frames",
            technique="XRD" if path.suffix.lower() in DIFFRACTION else "unknown",
            kind="image",
            axes=axes,
            array=array,
            metadata=_metadata(words),
            original=partial(dict, words),
            warnings=(DETECTOR,),
        )
    ]


def _require_whole(path: Path, values: int, words: dict[str, Any]) -> None:
    """Refuse an EDF that is cut short: FabIO would fill it with zeros."""
    said = next((str(v) for key, v in words.items() if key.lower() == "compression"), "")
    packed = said.lower() not in ("", "none", "nocompression")
    if not packed and path.stat().st_size < EDF_HEADER + values:
        raise TiepointError(
            f"{path.name} is truncated: it should hold {EDF_HEADER + values} bytes or more but has"
            f" {path.stat().st_size}."
        )


def frame(number: int, path: str) -> npt.NDArray[Any]:
    """Return one frame of a file."""
    import fabio

    with fabio.open(path) as image:
        data = np.asarray(image.get_frame(number).data)
    return data.astype(data.dtype.newbyteorder("="), copy=False)


def decode(path: Path) -> npt.NDArray[Any]:
    """Return the only frame of a file."""
    return frame(0, str(path))


def _metadata(words: dict[str, Any]) -> Metadata:
    low = {key.lower(): value for key, value in words.items()}
    return Metadata(
        identification=known(acquired=low.get("time") or low.get("date")),
        references={},
        settings=known(
            wavelength=low.get("wavelength"), exposure=low.get("count_time"),
            pixel_size=low.get("psize_1"), detector=low.get("detector"),
        ),
    )  # fmt: skip

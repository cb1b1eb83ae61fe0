"""Zeiss Xradia .txrm (projections), .txm (reconstructed volumes) and .xrm (single images).

Layout of the streams after the published readers of the format (Dxchange,
https://dxchange.readthedocs.io): ``ImageInfo/…`` holds the numbers, ``ImageDataN/ImageM`` the
images, a hundred per storage; lengths are in micrometres.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    TiepointError,
    axis_from_values,
    jsonable,
    known,
    length,
    missing_words,
    paged_array,
    readable_text,
    spatial_axes,
    stage_position,
    view,
)
from tiepoint_tomography.compound import Extent, stream_bytes, streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import ArrayLike

TYPES = {3: "u1", 5: "<u2", 10: "<f4"}
PER_STORAGE = 100
Streams = dict[str, tuple[Extent, ...]]


def read(path: Path) -> list[DatasetDraft]:
    """Return the stack of projections, the volume, or the image.

    Raises
    ------
    TiepointError
        If images are missing or of an unknown type.
    """
    found = streams(path)
    info = partial(_numbers, path, found)
    width, height = (
        _whole(info("ImageInfo/ImageWidth", "<i4")),
        _whole(info("ImageInfo/ImageHeight", "<i4")),
    )
    code = _whole(info("ImageInfo/DataType", "<i4"))
    images = list(_images(found))
    if not images or not width or not height:
        raise TiepointError(f"{path.name} holds no images.")
    if code not in TYPES:
        raise TiepointError(f"{path.name} holds values of type {code}, which is not known.")
    array = _array(path, images, (height, width), np.dtype(TYPES[code]))
    axes = _axes(path, found, array.shape)
    stated = _whole(info("ImageInfo/NoOfImages", "<i4")) or len(images)
    words = (
        (f"The file announces {stated} images but holds {len(images)}.",)
        if stated != len(images)
        else ()
    )
    return [
        DatasetDraft(
            title="",
            key="images",
            technique="micro-CT",
            kind="image" if array.ndim == 2 else "volume",
            axes=axes,
            array=array,
            metadata=_metadata(path, found),
            original=partial(original_metadata, path),
            warnings=(*words, *missing_words(axes)),
        )
    ]


def _axes(path: Path, found: Streams, shape: tuple[int, ...]) -> tuple[Axis, ...]:
    sizes = _numbers(path, found, "ImageInfo/PixelSize", "<f4")
    step = float(f"{sizes[0]:.7g}") if sizes.size and sizes[0] > 0 else None
    plane = spatial_axes("yx", shape[-2:], [step, step], "µm")
    if len(shape) == 2:
        return plane
    angles = _numbers(path, found, "ImageInfo/Angles", "<f4")[: shape[0]]
    if angles.size == shape[0] and np.ptp(angles) > 0:
        return (axis_from_values("theta", angles, "°", "index"), *plane)
    if path.suffix.lower() == ".txm":
        return spatial_axes("zyx", shape, [step] * 3, "µm")
    return (Axis(name="index", size=shape[0], role="index"), *plane)


def _metadata(path: Path, found: Streams) -> Metadata:
    def first(name: str) -> float | None:
        values = _numbers(path, found, f"ImageInfo/{name}", "<f4")
        return float(values[0]) if values.size else None

    sizes = first("PixelSize")
    position = {axis: first(f"{axis.upper()}Position") for axis in "xyz"}
    return Metadata(
        identification=known(date=_text(path, found, "ImageInfo/Date")),
        references=known(stage=stage_position(position, "µm"), pixel_size=length(sizes, "µm")),
        settings=known(
            energy_eV=first("Energy"),
            voltage_kV=first("Voltage"),
            exposure_s=first("ExpTimes"),
            magnification=first("XrayMagnification"),
        ),
    )


def _images(found: Streams) -> Iterator[tuple[Extent, ...]]:
    number = 1
    while True:
        name = f"ImageData{(number - 1) // PER_STORAGE + 1}/Image{number}"
        if name not in found:
            return
        yield found[name]
        number += 1


def _numbers(path: Path, found: Streams, name: str, dtype: str) -> npt.NDArray[Any]:
    """Return the numbers of a stream; empty if there is none."""
    data = stream_bytes(path, found.get(name, ()))
    kind = np.dtype(dtype)
    return np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)


def _whole(values: npt.NDArray[Any]) -> int:
    return int(values[0]) if values.size else 0


def _text(path: Path, found: Streams, name: str) -> str:
    return readable_text(stream_bytes(path, found.get(name, ()))[:64].split(b"\0")[0]).strip()


def _array(
    path: Path, images: list[tuple[Extent, ...]], page: tuple[int, int], dtype: np.dtype[Any]
) -> ArrayLike:
    need = page[0] * page[1] * dtype.itemsize
    size = path.stat().st_size
    for number, extents in enumerate(images):
        if sum(n for _, n in extents) < need or any(at + n > size for at, n in extents):
            raise TiepointError(f"{path.name} is truncated: image {number + 1} breaks off.")
    stack = paged_array(image_of, len(images), page, dtype, path, tuple(images), page, dtype.str)
    return view(stack, (1, 2), ((0, 0),)) if len(images) == 1 else stack


def image_of(
    number: int,
    path: Path,
    images: tuple[tuple[Extent, ...], ...],
    page: tuple[int, int],
    dtype: str,
) -> npt.NDArray[Any]:
    """Return one image, (rows, columns)."""
    data = stream_bytes(path, images[number])
    values: npt.NDArray[Any] = np.frombuffer(data, dtype, page[0] * page[1])
    return values.reshape(page)


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the small streams as numbers, verbatim as 32-bit floats and integers."""
    found = streams(path)
    return {
        name: {
            "float32": jsonable(_numbers(path, found, name, "<f4")[:64]),
            "int32": jsonable(_numbers(path, found, name, "<i4")[:64]),
        }
        for name, extents in sorted(found.items())
        if name.startswith("ImageInfo/") and sum(n for _, n in extents) <= 1 << 16
    }

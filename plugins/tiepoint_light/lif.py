"""Leica LIF: every image of the file, its channels apart, mapped from the file."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    LazyArray,
    Metadata,
    decoded_array,
    jsonable,
    known,
    missing_words,
    spatial_axes,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from tiepoint.sdk import ArrayLike

SPACE, TIME, CHANNEL, SAMPLE = "ZYX", "T", "C", "S"


def read(path: Path) -> list[DatasetDraft]:
    """Return one dataset per image and channel; the channels of an image share a frame."""
    from liffile import LifFile

    drafts: list[DatasetDraft] = []
    with LifFile(path) as lif:
        when = lif.datetime
        for number, image in enumerate(lif.images):
            drafts += _drafts(path, number, image, when.isoformat() if when else "")
    return drafts


def _drafts(path: Path, number: int, image: Any, when: str) -> list[DatasetDraft]:
    dims = tuple(str(d) for d in image.dims)
    shape, dtype = tuple(int(n) for n in image.shape), np.dtype(image.dtype)
    if not {"X", "Y", "Z"} & set(dims) or 0 in shape:
        return []
    rgb = dims[-1] == SAMPLE and shape[-1] in (3, 4)
    array: ArrayLike = (
        decoded_array(decode, path, shape, dtype, number)
        if rgb
        else LazyArray(open_image, (str(path), number), shape, dtype)
    )
    space = _space(image, dims, shape)
    channels = range(shape[dims.index(CHANNEL)]) if CHANNEL in dims else (None,)
    drafts = []
    for channel in channels:
        words = image.name if channel is None else f"{image.name} channel {channel + 1}"
        drafts.append(
            DatasetDraft(
                title=words,
                key=f"{number} {image.path}" + ("" if channel is None else f" {channel}"),
                technique="light microscopy",
                kind=_kind(dims),
                axes=_axes(image, dims, shape, space, rgb),
                array=_ordered(array, dims, channel, rgb),
                frame=f"image {number}",
                rgb=rgb,
                metadata=Metadata(
                    identification=known(image=image.path, created=when),
                    settings=known(channel=None if channel is None else channel + 1),
                ),
                original=partial(original_metadata, path, number),
                warnings=missing_words(space),
            )
        )
    return drafts


def _kind(dims: Sequence[str]) -> Any:
    depth = sum(d in SPACE for d in dims)
    return "volume" if depth == 3 else "time series" if TIME in dims else "image"


def _space(image: Any, dims: Sequence[str], shape: Sequence[int]) -> tuple[Axis, ...]:
    """Return the spatial axes in the order z, y, x; positions are metres in the file."""
    names = [d for d in SPACE if d in dims]
    sizes = [shape[dims.index(d)] for d in names]
    steps = [_step(image.coords.get(d), n) for d, n in zip(names, sizes, strict=True)]
    return spatial_axes([d.lower() for d in names], sizes, steps, "m")


def _step(positions: Any, size: int) -> float | None:
    if positions is None or size < 2 or len(positions) != size:
        return None
    return float(positions[-1] - positions[0]) / (size - 1) or None


def _rest(dims: Sequence[str]) -> list[str]:
    return [d for d in dims if d not in (*SPACE, CHANNEL, SAMPLE)]


def _axes(
    image: Any, dims: Sequence[str], shape: Sequence[int], space: tuple[Axis, ...], rgb: bool
) -> tuple[Axis, ...]:
    outer = []
    for d in _rest(dims):
        size = shape[dims.index(d)]
        step = _step(image.coords.get(d), size) if d == TIME else None
        outer.append(
            Axis(name="time", size=size, scale=step or 1.0, unit="s" if step else None, role="time")
            if d == TIME
            else Axis(name=d, size=size, role="index")
        )
    samples = (Axis(name="channel", size=shape[-1], role="channel"),) if rgb else ()
    return (*outer, *space, *samples)


def _ordered(array: ArrayLike, dims: Sequence[str], channel: int | None, rgb: bool) -> ArrayLike:
    order = [*_rest(dims), *(d for d in SPACE if d in dims), *([SAMPLE] if rgb else [])]
    held = () if channel is None else ((dims.index(CHANNEL), channel),)
    if not rgb and SAMPLE in dims:
        held = (*held, (dims.index(SAMPLE), 0))
    return view(array, tuple(dims.index(d) for d in order), held)


@contextmanager
def open_image(path: str, number: int) -> Iterator[npt.NDArray[Any]]:
    """Map the values of an image for one read."""
    from liffile import LifFile

    with LifFile(path) as lif:
        yield lif.images[number].asarray(out="memmap")


def decode(path: Path, number: int) -> npt.NDArray[Any]:
    """Return the values of a colour image, samples in the order red, green, blue."""
    from liffile import LifFile

    with LifFile(path) as lif:
        return np.array(lif.images[number].asarray())


def original_metadata(path: Path, number: int) -> dict[str, Any]:
    """Return the attributes of an image, verbatim."""
    from liffile import LifFile

    with LifFile(path) as lif:
        found: dict[str, Any] = jsonable(dict(lif.images[number].attrs))
        return found

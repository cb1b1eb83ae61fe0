"""PNG, BMP, JPEG and JPEG 2000: pictures without a pixel size."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    UNCALIBRATED,
    Axis,
    DatasetDraft,
    TiepointError,
    decoded_array,
    jsonable,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

TYPES = {"L": "u1", "RGB": "u1", "RGBA": "u1", "I;16": "u2", "I": "i4", "F": "f4"}
"""Pillow modes that hold plain numbers."""
SHOWN_AS = {
    "1": "L", "P": "RGB", "PA": "RGBA", "LA": "RGBA", "La": "RGBA", "CMYK": "RGB", "YCbCr": "RGB",
    "LAB": "RGB", "HSV": "RGB", "RGBX": "RGB", "RGBa": "RGBA", "I;16B": "I;16", "I;16L": "I;16",
}  # fmt: skip
"""Other modes and what they are converted to."""
SAMPLES = {"RGB": 3, "RGBA": 4}
MOST_PIXELS = 1 << 31
MOST_RATIO = 20000
"""Pixels per byte of file that no picture reaches: a header that announces more is damaged."""
ORIENTATION = 274
UPRIGHT = 1


def read(path: Path) -> list[DatasetDraft]:
    """Return the picture, (y, x) or (y, x, channel), in pixels.

    Raises
    ------
    TiepointError
        If the file is no picture, or its header is damaged.
    """
    width, height, mode, orientation = _header(path)
    deep = _deep_png(path)
    dtype = np.dtype(np.uint16) if deep else np.dtype(TYPES[mode])
    samples = deep or SAMPLES.get(mode, 1)
    rgb = samples in (3, 4)
    shape = (height, width, samples) if samples > 1 else (height, width)
    axes = (Axis(name="y", size=height), Axis(name="x", size=width))
    channel = (Axis(name="channel", size=samples, role="channel"),) if samples > 1 else ()
    turned = (
        "The camera was turned (EXIF orientation): the picture is shown as stored, not turned.",
    )
    return [
        DatasetDraft(
            title="",
            key="picture",
            technique="unknown",
            kind="image",
            axes=(*axes, *channel),
            array=decoded_array(decode_deep if deep else decode, path, shape, dtype),
            rgb=rgb,
            original=partial(original_metadata, path),
            warnings=(*(() if orientation == UPRIGHT else turned), UNCALIBRATED),
        )
    ]


def _header(path: Path) -> tuple[int, int, str, int]:
    """Return width, height, the mode to show and the EXIF orientation."""
    with _opened(path) as picture:
        width, height = picture.size
        mode = SHOWN_AS.get(picture.mode, picture.mode)
        orientation = int(picture.getexif().get(ORIENTATION, UPRIGHT) or UPRIGHT)
    if mode not in TYPES:
        raise TiepointError(f"{path.name} has pixels of the kind {mode}, which cannot be shown.")
    most = min(MOST_PIXELS, MOST_RATIO * path.stat().st_size)
    if not 0 < width * height <= most:
        raise TiepointError(
            f"{path.name} announces {width} × {height} pixels and cannot hold them."
        )
    return width, height, mode, orientation


def _opened(path: Path) -> Any:
    """Open a picture of any size; its header is read, its pixels are not.

    Raises
    ------
    TiepointError
        If Pillow does not recognise it.
    """
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None
    try:
        return Image.open(path, formats=("PNG", "BMP", "JPEG", "JPEG2000", "TIFF"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise TiepointError(f"{path.name} is damaged or no picture.") from error


def _deep_png(path: Path) -> int:
    """Return the samples of a PNG with 16 bits for each of several, which Pillow would cut to 8."""
    with path.open("rb") as stream:
        head = stream.read(26)
    samples = {2: 3, 4: 2, 6: 4}
    if head[:8] != b"\x89PNG\r\n\x1a\n" or len(head) < 26 or head[24] != 16:
        return 0
    return samples.get(head[25], 0)


def decode(path: Path) -> npt.NDArray[Any]:
    """Return the pixels.

    Raises
    ------
    TiepointError
        If the file breaks off.
    """
    try:
        with _opened(path) as picture:
            mode = SHOWN_AS.get(picture.mode, picture.mode)
            shown = picture if picture.mode == mode else picture.convert(mode)
            return np.asarray(shown).astype(TYPES[mode], copy=False)
    except (OSError, SyntaxError, ValueError) as error:
        raise TiepointError(f"{path.name} is truncated or damaged.") from error


def decode_deep(path: Path) -> npt.NDArray[np.uint16]:
    """Return the pixels of a PNG with 16 bits per sample.

    Raises
    ------
    TiepointError
        If the file breaks off.
    """
    import imagecodecs

    try:
        return np.asarray(imagecodecs.png_decode(path.read_bytes()), dtype=np.uint16)
    except (RuntimeError, ValueError) as error:
        raise TiepointError(f"{path.name} is truncated or damaged.") from error


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the text and resolution entries of the file, verbatim."""
    with _opened(path) as picture:
        found: dict[str, Any] = jsonable(
            {key: value for key, value in picture.info.items() if key != "icc_profile"}
        )
        return found

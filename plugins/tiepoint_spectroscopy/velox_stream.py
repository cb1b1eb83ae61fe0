"""Spectrum image of a Velox file: its axes now, the stream of X-ray events at the first read.

The stream of each detector is a list of 16-bit words: 65535 ends a pixel, any other word is the
channel of one X-ray in the pixel at hand; pixels follow each other line by line, frame by frame.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import h5_file
from tiepoint_spectroscopy.events import EventCube, counted
from tiepoint_spectroscopy.signal import section

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEXT_PIXEL = 65535
CHUNK_WORDS = 1 << 23


def read_spectrum_image(filename: str, image_shape: tuple[int, int]) -> dict[str, Any] | None:
    """Return the sum over the detectors of the spectrum image in RosettaSciIO's form.

    Parameters
    ----------
    filename
        Path of the file.
    image_shape
        (height, width) of the images that were scanned with it.

    Returns
    -------
    dict or None
        ``None`` if the streams were pruned from the file.
    """
    with h5_file(Path(filename)) as file:
        streams = file.get("Data/SpectrumStream")
        names = [] if streams is None else [name for name in streams if "Data" in streams[name]]
        if not names:
            return None
        settings = json.loads(streams[names[0]]["AcquisitionSettings"][0])
        original = json.loads(_text(streams[names[0]]["Metadata"]))
        frames = _last_frame(file)
    shape = (*image_shape, int(settings["bincount"]))
    decode = partial(decode_streams, filename, tuple(names), shape, frames)
    return {
        "data": EventCube(shape, np.dtype(settings.get("StreamEncoding", "uint16")), decode),
        "axes": _axes(original, shape),
        "metadata": {
            "General": {"title": "EDS", "original_filename": Path(filename).name},
            "Signal": {"signal_type": "EDS_TEM", "quantity": "X-rays (Counts)"},
        },
        "original_metadata": original,
    }


def decode_streams(
    filename: str, names: tuple[str, ...], shape: tuple[int, int, int], frames: int | None
) -> Any:
    """Count the X-rays of all detectors and frames.

    Parameters
    ----------
    filename
        Path of the file.
    names
        Of the streams.
    shape
        (height, width, channels).
    frames
        How many frames count; ``None``: all.

    Returns
    -------
    scipy.sparse.csr_array
        Of shape (height * width, channels).
    """
    pixels: list[NDArray[np.int32]] = []
    channels: list[NDArray[np.uint16]] = []
    size = shape[0] * shape[1]
    end = None if frames is None else frames * size
    with h5_file(Path(filename)) as file:
        for name in names:
            stream = file[f"Data/SpectrumStream/{name}/Data"]
            passed = 0
            for start in range(0, stream.shape[0], CHUNK_WORDS):
                words = stream[start : start + CHUNK_WORDS, 0]
                gates = words == NEXT_PIXEL
                position = passed + np.cumsum(gates, dtype=np.int64)
                wanted = ~gates if end is None else ~gates & (position < end)
                pixels.append((position[wanted] % size).astype(np.int32))
                channels.append(words[wanted])
                passed = int(position[-1])
    return counted(np.concatenate(pixels), np.concatenate(channels), shape)


def _last_frame(file: Any) -> int | None:
    group = file.get("Data/SpectrumImage")
    for name in group if group is not None else ():
        if "SpectrumImageSettings" in group[name]:
            settings = json.loads(group[name]["SpectrumImageSettings"][0])
            return int(settings["endFramePosition"])
    return None


def _text(dataset: Any) -> str:
    raw = np.asarray(dataset[:, 0], np.uint8).tobytes()
    return raw.rstrip(b"\x00").decode("utf-8")


def _axes(original: dict[str, Any], shape: tuple[int, int, int]) -> list[dict[str, Any]]:
    result = section(original, "BinaryResult")
    size, corner = section(result, "PixelSize"), section(result, "Offset")
    factor, unit = (
        (1e9, "nm") if result.get("PixelUnitX") == "m" else (1.0, result.get("PixelUnitX"))
    )
    axes: list[dict[str, Any]] = [
        {
            "name": name, "size": n, "units": unit, "scale": float(size[extent]) * factor,
            "offset": float(corner.get(name, 0.0)) * factor,
        }
        for name, n, extent in zip("yx", shape, ("height", "width"), strict=False)
    ]  # fmt: skip
    energy: dict[str, Any] = {"name": "X-ray energy", "size": shape[2]}
    for detector in section(original, "Detectors").values():
        named = str(result.get("Detector")) in str(detector.get("DetectorName"))
        if named and "Dispersion" in detector:
            energy["scale"] = float(detector["Dispersion"]) / 1e3
            energy["offset"] = float(detector["OffsetEnergy"]) / 1e3
            energy["units"] = "keV"
            break
    return [*axes, energy]

"""Nikon ND2: every position and channel, read frame by frame."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    framed_array,
    jsonable,
    known,
    missing_words,
    spatial_axes,
    stage_position,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

INNER = ("C", "Y", "X", "S")


def read(path: Path) -> list[DatasetDraft]:
    """Return one dataset per stage position and channel; channels of a position share a frame."""
    from nd2 import ND2File

    drafts = []
    with ND2File(path) as file:
        sizes = {name: int(size) for name, size in file.sizes.items()}
        names = [str(name) for name in file._channel_names]
        stages = _stages(file)
        for position in range(sizes.get("P", 1)):
            for channel in range(sizes.get("C", 1)):
                where = stages[position] if position < len(stages) else {}
                drafts.append(_draft(path, file, sizes, names, position, channel, where))
    return drafts


def _draft(
    path: Path, file: Any, sizes: dict[str, int], names: list[str], position: int, channel: int,
    stage: dict[str, Any],
) -> DatasetDraft:  # fmt: skip
    rgb = sizes.get("S", 1) in (3, 4)
    outer = [name for name in sizes if name not in INNER]
    dims = list(sizes)
    array = framed_array(
        open_frames, tuple(sizes.values()), len(outer), np.dtype(file.dtype), str(path)
    )
    order = [d for d in outer if d not in ("P", "Z")]
    order += [d for d in ("Z", "Y", "X") if d in sizes] + (["S"] if rgb else [])
    held = [(dims.index("P"), position)] if "P" in sizes else []
    held += [(dims.index("C"), channel)] if "C" in sizes else []
    held += [(dims.index("S"), 0)] if "S" in sizes and not rgb else []
    space = _space(file, sizes, channel)
    more = tuple(_outer(file, d, sizes[d]) for d in order if d not in "ZYXS")
    samples = (Axis(name="channel", size=sizes["S"], role="channel"),) if rgb else ()
    name = names[channel] if channel < len(names) else f"channel {channel + 1}"
    return DatasetDraft(
        title=name if sizes.get("P", 1) == 1 else f"position {position + 1} {name}",
        key=f"position {position} channel {channel}",
        technique=_technique(file, channel),
        kind="volume" if "Z" in sizes else "time series" if "T" in sizes else "image",
        axes=(*more, *space, *samples),
        array=view(array, tuple(dims.index(d) for d in order), tuple(held)),
        frame=f"position {position}",
        rgb=rgb,
        metadata=_metadata(file, channel, name, stage),
        original=partial(original_metadata, path),
        warnings=missing_words(space),
    )


def _space(file: Any, sizes: dict[str, int], channel: int) -> tuple[Axis, ...]:
    """Return the spatial axes; a size that the microscope did not calibrate is not known."""
    found = file.voxel_size(channel)
    names = [d for d in ("Z", "Y", "X") if d in sizes]
    sound = _calibrated(file, channel)
    steps = [getattr(found, d.lower()) if sound.get(d, True) else None for d in names]
    return spatial_axes([d.lower() for d in names], [sizes[d] for d in names], steps, "µm")


def _calibrated(file: Any, channel: int) -> dict[str, bool]:
    channels = getattr(file.metadata, "channels", None) or []
    volume = getattr(channels[channel], "volume", None) if channel < len(channels) else None
    flags = getattr(volume, "axesCalibrated", None) or ()
    return dict(zip("XYZ", (bool(flag) for flag in flags), strict=False))


def _outer(file: Any, name: str, size: int) -> Axis:
    if name != "T":
        return Axis(name=name, size=size, role="index")
    loops = [loop for loop in file.experiment if loop.type == "TimeLoop"]
    period = float(loops[0].parameters.periodMs) / 1000 if loops else 0.0
    known_step = {"scale": period, "unit": "s"} if period > 0 else {}
    return Axis(name="time", size=size, role="time", **known_step)


def _technique(file: Any, channel: int) -> str:
    channels = getattr(file.metadata, "channels", None) or []
    scope = getattr(channels[channel], "microscope", None) if channel < len(channels) else None
    flags = getattr(scope, "modalityFlags", None) or ()
    return "fluorescence" if "fluorescence" in flags else "light microscopy"


def _stages(file: Any) -> list[dict[str, Any]]:
    loops = [loop for loop in file.experiment if loop.type == "XYPosLoop"]
    points = loops[0].parameters.points if loops else []
    places = [point.stagePositionUm for point in points]
    return [stage_position({"x": p.x, "y": p.y, "z": p.z}, "µm") for p in places]


def _metadata(file: Any, channel: int, name: str, stage: dict[str, Any]) -> Metadata:
    channels = getattr(file.metadata, "channels", None) or []
    about = getattr(channels[channel], "channel", None) if channel < len(channels) else None
    scope = getattr(channels[channel], "microscope", None) if channel < len(channels) else None
    info = file.text_info or {}
    return Metadata(
        identification=known(acquired=info.get("date"), user=info.get("author")),
        references=known(stage=stage),
        settings=known(
            channel=name,
            excitation_nm=getattr(about, "excitationLambdaNm", None),
            emission_nm=getattr(about, "emissionLambdaNm", None),
            objective=getattr(scope, "objectiveName", None),
            magnification=getattr(scope, "objectiveMagnification", None),
        ),
    )


@contextmanager
def open_frames(path: str) -> Iterator[Callable[..., npt.NDArray[Any]]]:
    """Open the file for one read; yields what reads a part of a frame."""
    from nd2 import ND2File

    with ND2File(path) as file:
        sizes = dict(file.sizes)
        walked = [int(size) for name, size in sizes.items() if name not in INNER]
        plane = tuple(int(size) for name, size in sizes.items() if name in INNER)

        def page(numbers: tuple[int, ...], inner: tuple[Any, ...]) -> npt.NDArray[Any]:
            number = int(np.ravel_multi_index(numbers, walked)) if walked else 0
            frame = np.asarray(file.read_frame(number))
            found: npt.NDArray[Any] = np.array(frame.reshape(plane)[inner])
            return found

        yield page


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the attributes, experiment and text of the file, verbatim."""
    from nd2 import ND2File

    with ND2File(path) as file:
        said = {
            "attributes": file.attributes, "experiment": list(file.experiment),
            "text": dict(file.text_info), "metadata": file.metadata,
        }  # fmt: skip
        found: dict[str, Any] = jsonable(said)
        return found

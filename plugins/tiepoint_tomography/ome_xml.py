"""OME-XML (https://docs.openmicroscopy.org/ome-model/6.3.1/) as found in OME-TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, TiepointError, convert, known, length_unit, stage_position
from tiepoint_tomography.tiff_facts import Facts, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_LENGTH = "µm"
"""The schema's own default unit of PhysicalSizeX, Y and Z."""
DEFAULT_TIME = "s"


def ome_facts(xml: str, software: str = "") -> list[Facts]:
    """Return what the document says about each of its images, in order.

    Parameters
    ----------
    xml
        The OME document.
    software
        The TIFF file's Software tag: Odemis writes stage positions in metres without saying so.

    Raises
    ------
    TiepointError
        If the XML is damaged.
    """
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(xml.strip().rstrip("\0"))
    except (SyntaxError, ValueError) as error:
        raise TiepointError(f"The OME-XML of the file is damaged: {error}.") from error
    return [_image(root, image, software) for image in _children(root, "Image")]


def _image(root: Any, image: Any, software: str) -> Facts:
    pixels = next(_children(image, "Pixels"), None)
    if pixels is None:
        return Facts(title=image.get("Name", ""))
    channels = list(_children(pixels, "Channel"))
    return Facts(
        steps=_steps(pixels),
        title=image.get("Name", ""),
        channels=tuple(_channel_name(c, i) for i, c in enumerate(channels)),
        technique=_technique(root, channels),
        metadata=_metadata(root, image, pixels, channels, software),
    )


def _steps(pixels: Any) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for axis in "XYZ":
        size = _number(pixels.get(f"PhysicalSize{axis}"))
        if size:
            unit = length_unit(pixels.get(f"PhysicalSize{axis}Unit", DEFAULT_LENGTH))
            steps[axis.lower()] = (size, unit)
    interval = _number(pixels.get("TimeIncrement"))
    if interval:
        steps["t"] = (interval, pixels.get("TimeIncrementUnit", DEFAULT_TIME))
    return steps


def _channel_name(channel: Any, number: int) -> str:
    name = channel.get("Name") or channel.get("Fluor")
    wavelength = channel.get("EmissionWavelength")
    return str(name or (f"{wavelength} nm" if wavelength else f"channel {number + 1}"))


def _technique(root: Any, channels: list[Any]) -> str:
    words = " ".join(
        f"{c.get('AcquisitionMode', '')} {c.get('ContrastMethod', '')}" for c in channels
    )
    if "Fluorescence" in words or any(c.get("EmissionWavelength") for c in channels):
        return "fluorescence"
    if words.strip() or next(_below(root, "Objective"), None) is not None:
        return "light microscopy"
    return "unknown"


def _metadata(root: Any, image: Any, pixels: Any, channels: list[Any], software: str) -> Metadata:
    microscope = next(_below(root, "Microscope"), None)
    maker = " ".join(
        part for part in (_get(microscope, "Manufacturer"), _get(microscope, "Model")) if part
    )
    objective = next(_below(root, "Objective"), None)
    date = next(_children(image, "AcquisitionDate"), None)
    return Metadata(
        identification=known(
            title=image.get("Name"),
            instrument=maker,
            software=root.get("Creator") or software,
            date=date.text if date is not None else None,
        ),
        references=known(
            stage=_stage(image, pixels, "m" if software.startswith("Odemis") else None)
        ),
        settings=known(
            objective=_get(objective, "Model"),
            magnification=_number(
                _get(objective, "CalibratedMagnification")
                or _get(objective, "NominalMagnification")
            ),
            numerical_aperture=_number(_get(objective, "LensNA")),
            emission_nm=[_number(c.get("EmissionWavelength")) for c in channels]
            if any(c.get("EmissionWavelength") for c in channels)
            else None,
        ),
    )


def _stage(image: Any, pixels: Any, unstated: str | None) -> dict[str, Any]:
    """Return the stage position of the first plane, or of the stage label, in metres at first."""
    plane = next(_children(pixels, "Plane"), None)
    label = next(_children(image, "StageLabel"), None)
    for element, prefix in ((plane, "Position"), (label, "")):
        position: dict[str, float | None] = {}
        for axis in "XYZ":
            value = _number(_get(element, f"{prefix}{axis}"))
            unit = length_unit(_get(element, f"{prefix}{axis}Unit")) or unstated
            if value is not None and unit is not None:
                position[axis.lower()] = convert(value, unit, "m")
        if position:
            return stage_position(position, "m")
    return {}


def _children(element: Any, name: str) -> Iterator[Any]:
    """Yield the child elements of that name, in any namespace."""
    return (child for child in element if _local(child) == name)


def _below(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element.iter() if _local(child) == name)


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _get(element: Any, name: str) -> str | None:
    return None if element is None else element.get(name)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None

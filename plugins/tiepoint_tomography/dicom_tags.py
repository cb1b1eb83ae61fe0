"""What the tags of a DICOM file say: identification, technique and stated lengths.

Tags and their meaning: DICOM PS3.3 and PS3.6 (https://www.dicomstandard.org/current).
"""

from __future__ import annotations

from typing import Any

PIXEL_SPACING = ("0028|0030", "0018|1164")
SLICE_SPACING = ("0018|0088", "0018|0050", "3004|000c")
TAGS = {
    "title": "0008|103e", "sample": "0010|0010", "instrument": "0008|1090", "date": "0008|0020",
    "software": "0018|1020",
}  # fmt: skip
TECHNIQUES = {"CT": "micro-CT", "SM": "light microscopy", "MR": "MRI"}


def identification(info: Any) -> dict[str, str]:
    """Return title, sample, instrument, date and software as the tags say them."""
    said = {name: _text(info, tag) for name, tag in TAGS.items()}
    return {name: text for name, text in said.items() if text}


def technique(info: Any) -> str:
    """Return the technique by the modality, ``"unknown"`` where it is none of ours."""
    return TECHNIQUES.get(_text(info, "0008|0060"), "unknown")


def states(info: Any, tags: tuple[str, ...]) -> bool:
    """Whether one of the tags is there."""
    return any(info.HasMetaDataKey(tag) for tag in tags)


def _text(info: Any, tag: str) -> str:
    return str(info.GetMetaData(tag)).strip() if info.HasMetaDataKey(tag) else ""

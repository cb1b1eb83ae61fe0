"""TIFF images of scanning microscopes: the plain image with the maker's own calibration."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import jsonable, open_file, readable_text
from tiepoint_electron.sem_facts import enriched
from tiepoint_electron.sem_openfibsem import is_openfibsem, openfibsem_facts
from tiepoint_electron.sem_tescan import tescan_entries, tescan_facts
from tiepoint_electron.sem_thermo import thermo_facts
from tiepoint_electron.sem_zeiss import zeiss_facts

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import DatasetDraft
    from tiepoint_electron.sem_facts import SemFacts

FEI_SFEG, FEI_HELIOS, ZEISS, TESCAN, DESCRIPTION = 34680, 34682, 34118, 50431, 270


def sniff(path: Path, _head: bytes) -> bool:
    """Whether the first page carries the tag of a microscope that is known here."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as tif:
            tags = tif.pages.first.tags
            return any(code in tags for code in (FEI_SFEG, FEI_HELIOS, ZEISS, TESCAN)) or (
                is_openfibsem(_json(tif.pages.first.description))
            )
    except Exception:  # noqa: BLE001  a damaged file is refused in words by the TIFF reader
        return False


def read(path: Path) -> list[DatasetDraft]:
    """Return the images of the file, with pixel size, stage position and settings.

    Parameters
    ----------
    path
        A TIFF file of Thermo Fisher (FEI), Zeiss, TESCAN or OpenFIBSEM.
    """
    _, drafts = open_file(path, "tiff")
    original = partial(original_metadata, path)
    return [
        enriched(draft, _facts(path, *draft.array.shape[:2]), original)
        if draft.kind == "image"
        else draft
        for draft in drafts
    ]


def _facts(path: Path, height: int, width: int) -> SemFacts:
    import tifffile

    with tifffile.TiffFile(path) as tif:
        tags = tif.pages.first.tags
        if FEI_SFEG in tags or FEI_HELIOS in tags:
            return thermo_facts(tif.fei_metadata or {}, height, width)
        if ZEISS in tags:
            return zeiss_facts(tif.sem_metadata or {}, width)
        if TESCAN in tags:
            return tescan_facts(tescan_entries(_bytes(tags.valueof(TESCAN))), height)
        return openfibsem_facts(_json(tif.pages.first.description))


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the maker's block verbatim."""
    import tifffile

    with tifffile.TiffFile(path) as tif:
        tags = tif.pages.first.tags
        if TESCAN in tags:
            return {"tescan": tescan_entries(_bytes(tags.valueof(TESCAN)))}
        blocks = {
            "fei": tif.fei_metadata,
            "zeiss": tif.sem_metadata,
            "openfibsem": _json(tif.pages.first.description),
        }
        return {name: jsonable(block) for name, block in blocks.items() if block}


def _json(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")


def text_of(path: Path) -> str:
    """Return the text of a sidecar file, UTF-16 with a mark, UTF-8 or Latin-1."""
    data = path.read_bytes()[: 1 << 20]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return readable_text(data)

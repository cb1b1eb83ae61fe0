"""TIFF in all its dialects: OME, ImageJ, pyramids, whole slides, plain stacks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import DatasetDraft, TiepointError, jsonable, readable_text, require_complete
from tiepoint_tomography.ome_xml import ome_facts
from tiepoint_tomography.tiff_facts import Facts
from tiepoint_tomography.tiff_flavours import facts_of
from tiepoint_tomography.tiff_series import series_drafts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HIDDEN_SERIES = {"Thumbnail", "Label", "Macro"}
"""Pictures of the slide that scanners add to the scan."""
LOOSE = {"shaped", "generic", "uniform"}
"""Kinds of series whose pages do not say how they belong together."""


def read(path: Path) -> list[DatasetDraft]:
    """Return the images, stacks and channels of a TIFF file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    TiepointError
        If it is truncated, or its calibration block is damaged.
    """
    import tifffile

    with tifffile.TiffFile(path) as tif:
        warnings = () if tif.is_ndpi or tif.is_lsm else require_complete(tif)
        original = partial(original_metadata, path)
        drafts: list[DatasetDraft] = []
        shown = merged(
            [s for s in tif.series if s.name not in HIDDEN_SERIES and not _is_thumbnail(s, tif)]
        )
        for number, (series, facts) in enumerate(zip(shown, _facts(tif, shown), strict=True)):
            _require_same_folder(series, path)
            stated = _complete(facts, series, number, len(shown), warnings)
            drafts += series_drafts(series, str(number), stated, original)
        return drafts


def _facts(tif: Any, shown: list[Any]) -> list[Facts]:
    if not (tif.is_ome and tif.ome_metadata):
        general = facts_of(tif)
        return [general] * len(shown)
    software = str(tif.pages.first.tags.valueof(305) or "")
    stated = ome_facts(tif.ome_metadata, software)
    if len(stated) == len(shown):
        return stated
    named = {facts.title: facts for facts in stated}
    return [named.get(series.name, Facts()) for series in shown]


def _complete(
    facts: Facts, series: Any, number: int, count: int, warnings: tuple[str, ...]
) -> Facts:
    """Add the series' title where there are several, and what is wrong with its pages."""
    missing = sum(page is None for page in series) if series.kind == "ome" else 0
    if missing:
        warnings += (
            f"{missing} of {len(series)} planes are in files that are not here; they show as zero.",
        )
    title = facts.title if count == 1 and series.kind != "ome" else ""
    if count > 1:
        own = series.name if series.kind != "uniform" else ""
        title = facts.title or own or f"image {number + 1}"
    return replace(facts, title=title, warnings=(*facts.warnings, *warnings))


def merged(series: list[Any]) -> list[Any]:
    """Return single pages of one size, written one after the other, as one series of them."""
    from tifffile import TiffPageSeries

    single = len(series) > 1 and all(
        s.kind in LOOSE and len(s) == 1 and len(s.levels) == 1 and s[0] is not None for s in series
    )
    if not single or len({(s.shape, s.dtype, s.axes) for s in series}) > 1:
        return series
    first = series[0]
    pages = [s[0] for s in series]
    return [TiffPageSeries(pages, (len(pages), *first.shape), first.dtype, f"I{first.axes}")]


def _is_thumbnail(series: Any, tif: Any) -> bool:
    """Whether a later series is a reduced copy that its page declares as such."""
    return series is not tif.series[0] and bool(series.keyframe.is_reduced)


def _require_same_folder(series: Any, path: Path) -> None:
    """Refuse planes that an OME document places outside of its own folder."""
    if series.kind != "ome":
        return
    folder = path.resolve().parent
    for other in {str(page.parent.filehandle.path) for page in series if page is not None}:
        if Path(other).resolve().parent != folder:
            raise TiepointError(
                f"{path.name} refers to {other}, outside of its own folder, which is not followed."
            )


def original_metadata(path: Path) -> Mapping[str, Any]:
    """Return all tags of the first page and the blocks that tifffile knows, verbatim."""
    import tifffile

    with tifffile.TiffFile(path) as tif:
        tags = {tag.name: _verbatim(tag.value) for tag in tif.pages.first.tags}
        blocks: dict[str, Callable[[], Any]] = {
            flag: partial(getattr, tif, f"{flag}_metadata")
            for flag in ("ome", "imagej", "shaped", "micromanager", "lsm", "stk", "sis")
            if getattr(tif, f"is_{flag}", False)
        }
        return {"tags": tags} | {name: jsonable(block()) for name, block in blocks.items()}


def _verbatim(value: Any) -> Any:
    return readable_text(value) if isinstance(value, bytes) else jsonable(value)

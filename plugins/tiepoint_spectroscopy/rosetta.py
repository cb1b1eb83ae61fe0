"""Reader of every format that RosettaSciIO understands: lazy drafts with physical axes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from math import tau
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import Axis, DatasetDraft, Quantity, TiepointError, jsonable
from tiepoint_spectroscopy.arrays import Part, is_colour, lazy
from tiepoint_spectroscopy.axes import build_axes, in_unit
from tiepoint_spectroscopy.formats import FORMATS
from tiepoint_spectroscopy.metadata import typed_metadata
from tiepoint_spectroscopy.parsing import parse
from tiepoint_spectroscopy.signal import section
from tiepoint_spectroscopy.technique import FOURIER, kind_of, technique_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint_spectroscopy.signal import Signal


def read(path: Path, format_name: str) -> list[DatasetDraft]:
    """Find the datasets of a file.

    Parameters
    ----------
    path
        The file; the leading one where a dataset has several.
    format_name
        Key of `FORMATS`.

    Raises
    ------
    TiepointError
        If the file is of the format but holds nothing to show.
    """
    parsed = parse(path, format_name)
    drafts: list[DatasetDraft] = []
    for index, signal in enumerate(parsed.signals):
        drafts.extend(_drafts(path, format_name, index, signal, parsed.notes))
    if not drafts:
        raise TiepointError(
            f"{path.name} holds no image, spectrum or map that can be shown"
            f"{': ' + parsed.notes[0] if parsed.notes else '.'}"
        )
    return _in_shared_units(drafts)


def reader(format_name: str) -> partial[list[DatasetDraft]]:
    """Return the function that reads one format."""
    return partial(read, format_name=format_name)


def original_metadata(path: str, format_name: str, index: int) -> dict[str, Any]:
    """Return the vendor's metadata of one signal, verbatim and JSON-able."""
    signal = parse(Path(path), format_name).signals[index]
    found = jsonable(signal.original)
    return found if isinstance(found, dict) else {"original": found}


def _drafts(
    path: Path, format_name: str, index: int, signal: Signal, notes: tuple[str, ...]
) -> list[DatasetDraft]:
    dtype = np.dtype(signal.data.dtype)
    if is_colour(dtype):
        return [_draft(path, format_name, index, signal, notes, "colours")]
    if dtype.names is not None or dtype.kind not in "biufc" or 0 in signal.data.shape:
        return []  # tables, text, ragged or empty: nothing with a place in space
    if not signal.data.shape:
        return []
    parts: tuple[Part, ...] = ("amplitude", "phase") if dtype.kind == "c" else ("values",)
    return [_draft(path, format_name, index, signal, notes, part) for part in parts]


def _draft(
    path: Path, format_name: str, index: int, signal: Signal, notes: tuple[str, ...], part: Part
) -> DatasetDraft:
    array = lazy(path, format_name, index, signal, part)
    rgb = part == "colours"
    shape = array.shape[:-1] if rgb else array.shape
    axes, doubts = build_axes(signal.axes, shape, signal.signal_type)
    technique = technique_of(signal, axes, FORMATS[format_name].technique)
    kind = "image" if technique == FOURIER else kind_of(axes)
    if rgb:
        axes = (*axes, Axis(name="c", size=array.shape[-1], role="channel"))
    suffix = f" ({part})" if part in ("amplitude", "phase") else ""
    return DatasetDraft(
        title=(signal.title + suffix).strip(),
        key=f"{index}" if part in ("values", "colours") else f"{index}/{part}",
        technique=technique,
        kind=kind,
        axes=axes,
        array=array,
        frame=signal.frame if _placed(axes) else "",
        rgb=rgb,
        metadata=typed_metadata(signal, axes, format_name),
        quantity=_quantity(signal, part),
        original=partial(original_metadata, str(path), format_name, index),
        warnings=(*doubts, *signal.warnings, *notes),
    )


def _quantity(signal: Signal, part: Part) -> Quantity:
    """Return what the values are: HyperSpy writes ``"Phase (rad)"``."""
    if part == "phase":
        return Quantity(name="phase", unit="rad", period=tau)
    stated = str(section(signal.metadata, "Signal").get("quantity") or "").strip()
    found = re.fullmatch(r"(.+?)\s*\(([^()]*)\)", stated)
    name, unit = found.groups() if found else (stated, "")
    return Quantity(name=name, unit=unit.strip() or None)


def _placed(axes: Sequence[Axis]) -> bool:
    space = [axis for axis in axes if axis.role == "space"]
    return len(space) >= 2 and all(axis.unit is not None for axis in space)


def _in_shared_units(drafts: list[DatasetDraft]) -> list[DatasetDraft]:
    """Give datasets of one frame one length unit: that of the finest of them."""
    units: dict[str, str | None] = {}
    for draft in drafts:
        if draft.frame:
            units.setdefault(draft.frame, _unit(draft))
    return [
        replace(
            draft,
            axes=tuple(
                in_unit(axis, units[draft.frame]) if axis.role == "space" else axis
                for axis in draft.axes
            ),
        )
        if draft.frame
        else draft
        for draft in drafts
    ]


def _unit(draft: DatasetDraft) -> str | None:
    return next(axis.unit for axis in draft.axes if axis.role == "space")


read_arina = reader("arina")
read_blockfile = reader("blockfile")
read_bruker = reader("bruker")
read_bruker_spectrum = reader("bruker-spectrum")
read_delmic = reader("delmic")
read_dens = reader("dens")
read_digitalmicrograph = reader("digitalmicrograph")
read_digitalsurf = reader("digitalsurf")
read_edax = reader("edax")
read_emd = reader("emd")
read_empad = reader("empad")
read_hamamatsu = reader("hamamatsu")
read_hspy = reader("hspy")
read_impulse = reader("impulse")
read_jeol = reader("jeol")
read_jobinyvon = reader("jobinyvon")
read_mrc = reader("mrc")
read_msa = reader("msa")
read_netcdf = reader("netcdf")
read_pantarhei = reader("pantarhei")
read_phenom = reader("phenom")
read_protochips = reader("protochips")
read_quadstar = reader("quadstar")
read_quantumdetector = reader("quantumdetector")
read_renishaw = reader("renishaw")
read_ripple = reader("ripple")
read_semper = reader("semper")
read_tia = reader("tia")
read_tofwerk = reader("tofwerk")
read_topspin = reader("topspin")
read_trivista = reader("trivista")
read_tvips = reader("tvips")

"""Readers of napari plugins (npe2), asked when no reader of ours knows a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.calibration import missing_words, spatial_axes, standard_unit
from tiepoint.data.draft import DatasetDraft, Level
from tiepoint.data.registry import ReaderSpec
from tiepoint.data.verbatim import jsonable
from tiepoint.model.axes import Axis

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"tiepoint", "napari"}
"""Plugins that are not asked: ourselves, and napari's own readers of plain pictures."""
PREFIX = "napari: "


def read_with_napari(path: Path) -> tuple[ReaderSpec, list[DatasetDraft]] | None:
    """Return what the first napari plugin makes of a file; ``None`` if none opens it.

    Image and label layers become datasets. A layer without units is uncalibrated: a scale alone
    says nothing.
    """
    import npe2

    manager = npe2.PluginManager.instance()
    manager.discover()
    names = dict.fromkeys(
        contribution.plugin_name
        for contribution in manager.iter_compatible_readers([str(path)])
        if contribution.plugin_name not in OURS
    )
    for name in names:
        layers = _layers(path, name)
        drafts = [
            draft for number, layer in enumerate(layers) for draft in _draft(number, layer, name)
        ]
        if drafts:
            spec = ReaderSpec(f"{PREFIX}{name}", f"napari plugin {name}", ("*",), "")
            return spec, drafts
    return None


def _layers(path: Path, plugin: str) -> list[Any]:
    import npe2

    try:
        return list(npe2.read([str(path)], stack=False, plugin_name=plugin))
    except Exception:  # noqa: BLE001  a plugin of others may raise anything: the next is asked
        return []


def _draft(number: int, layer: Any, plugin: str) -> list[DatasetDraft]:
    data, options, kind = (*layer, {}, "image")[:3] if len(layer) < 3 else layer
    if kind not in ("image", "labels"):
        return []
    levels = list(data) if options.get("multiscale") or isinstance(data, list) else [data]
    full = levels[0]
    rgb = bool(options.get("rgb")) and full.shape[-1] in (3, 4)
    shape = tuple(int(n) for n in full.shape)
    space = shape[:-1] if rgb else shape
    if len(space) < 2 or 0 in space or np.dtype(full.dtype).kind not in "biufc":
        return []
    axes = _axes(space, options)
    samples = (Axis(name="channel", size=shape[-1], role="channel"),) if rgb else ()
    return [
        DatasetDraft(
            title=str(options.get("name", "")),
            key=f"layer {number}",
            technique="unknown",
            kind="labels" if kind == "labels" else "volume" if len(space) == 3 else "image",
            axes=(*axes, *samples),
            array=full,
            rgb=rgb,
            original=lambda: {"plugin": plugin, "options": jsonable(dict(options))},
            warnings=missing_words(axes),
            levels=tuple(_level(full, level) for level in levels[1:]),
        )
    ]


def _axes(shape: tuple[int, ...], options: dict[str, Any]) -> tuple[Axis, ...]:
    """Return the axes: the last two or three in space, any before them an index."""
    inner = min(3, len(shape))
    units = options.get("units")
    words = [units] * len(shape) if units is None or isinstance(units, str) else list(units)
    scale = list(options.get("scale") or [1.0] * len(shape))
    offset = list(options.get("translate") or [0.0] * len(shape))
    known = [standard_unit(None if word is None else str(word)) for word in words[-inner:]]
    lengths = [unit if role == "space" else None for unit, role in known]
    outer = tuple(
        Axis(name=f"axis {n + 1}", size=size, role="index") for n, size in enumerate(shape[:-inner])
    )
    steps = [float(s) for s in scale[-inner:]]
    starts = [float(o) for o in offset[-inner:]]
    return (*outer, *spatial_axes("zyx"[-inner:], shape[-inner:], steps, lengths, starts))


def _level(full: Any, level: Any) -> Level:
    factors = tuple(a / b for a, b in zip(full.shape, level.shape, strict=True))
    return Level(level, factors, tuple((factor - 1) / 2 for factor in factors))

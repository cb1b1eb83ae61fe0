"""Images that Tiepoint converted: what NGFF has no words for is taken from beside them."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Axis, DatasetDraft, LegendEntry, Level, Metadata, Quantity, view
from tiepoint_tomography.ngff import levels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiepoint.sdk import LazyArray

OWN = "tiepoint"
FORM = 1


def own_draft(
    group: Any,
    said: Mapping[str, Any],
    title: str,
    original: Callable[[], Mapping[str, Any]],
    lazy: Callable[[str, Any], LazyArray],
) -> DatasetDraft | None:
    """Return the dataset of a converted image; ``None`` if it is none, or was changed since.

    Parameters
    ----------
    group
        The open Zarr group.
    said
        Its OME metadata; what it says of scales and translations counts.
    title
        Its name within the file.
    original
        Gives the verbatim metadata.
    lazy
        Turns (path inside the file, open array) into a lazy array.
    """
    own = dict(group.attrs).get(OWN)
    if not isinstance(own, dict) or own.get("form") != FORM or len(said["multiscales"]) != 1:
        return None
    (full, scale, start), *coarser = levels_of(group, said["multiscales"][0], lazy)
    try:
        order = tuple(int(at) for at in own["order"])
        axes = tuple(Axis.model_validate(axis) for axis in own["axes"])
        told = {
            "technique": str(own["technique"]),
            "kind": own["kind"],
            "metadata": Metadata.model_validate(own["metadata"]),
            "quantity": Quantity.model_validate(own["quantity"]),
            "legend": tuple(LegendEntry.model_validate(entry) for entry in own["legend"]),
            "warnings": tuple(str(words) for words in own["warnings"]),
            "rgb": bool(own["rgb"]),
            "frame": str(own["frame"]),
        }
    except (KeyError, TypeError, ValueError):
        return None
    if sorted(order) != list(range(full.ndim)) or not _agree(axes, order, full, scale, start):
        return None
    return DatasetDraft(
        title=str(own.get("title", "")) or title,
        key=f"{group.path}/0".strip("/"),
        axes=axes,
        array=view(full, order),
        original=original,
        levels=tuple(
            Level(
                view(array, order),
                tuple(own_scale[at] / scale[at] for at in order),
                tuple((own_start[at] - start[at]) / scale[at] for at in order),
            )
            for array, own_scale, own_start in coarser
        ),
        **told,
    )


def _agree(
    axes: tuple[Axis, ...],
    order: tuple[int, ...],
    full: LazyArray,
    scale: list[float],
    start: list[float],
) -> bool:
    """Whether the axes are still those of the arrays: another program may have changed these."""
    if len(axes) != full.ndim:
        return False
    return all(
        axis.size == full.shape[at]
        and scale[at] != 0
        and isclose(axis.scale, scale[at], rel_tol=1e-9)
        and isclose(axis.offset, start[at], rel_tol=1e-9, abs_tol=1e-9 * abs(axis.scale))
        for axis, at in zip(axes, order, strict=True)
    )

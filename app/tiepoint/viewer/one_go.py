"""Changing an image layer in one go, where napari would slice every layer after each change.

napari slices and shrinks to a thumbnail whatever changes, and again, of every layer, when the range
of its sliders has changed: values, scale and position of one of five pictures took eighteen turns.
A canvas of flat pictures has no sliders and shows no thumbnails.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel
    from napari.layers import Layer

RANGE_CHANGES = ("data", "scale", "translate", "affine")
"""Events of a layer after which napari looks for new ranges of the sliders."""


def leave_sliders_alone(model: ViewerModel, layer: Layer) -> None:
    """Let changes of a layer be its own affair, and leave out its thumbnail from now on."""
    for name in RANGE_CHANGES:
        layer.events[name].disconnect(model._on_layers_change)
    quiet: Any = layer
    quiet._update_thumbnail = _no_thumbnail


@contextmanager
def in_one_go(layer: Layer) -> Iterator[None]:
    """Show a layer once at the end, however much of it is changed inside."""
    with layer._block_refresh():
        yield
    layer.refresh()


def _no_thumbnail() -> None:
    pass

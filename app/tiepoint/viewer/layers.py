"""The napari image layers of a pane: one per dataset, holding its current section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.figures.contours import contoured
from tiepoint.figures.labels import coloured
from tiepoint.viewer.colormaps import napari_colormap
from tiepoint.viewer.one_go import in_one_go, leave_sliders_alone

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from tiepoint.data.sampling import Section
    from tiepoint.geometry.grids import Grid
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray, FloatArray


SPARE = "spare"
MOST_SPARE = 4
PICTURE = "comparison"
"""Name of the layer that covers the others with a picture made of them."""


class SectionLayers:
    """Keeps one image layer per dataset in step with its latest section."""

    def __init__(self, model: ViewerModel) -> None:
        self._model = model
        self._layers: dict[str, Image] = {}
        self._order: tuple[str, ...] = ()
        self._spare: list[Image] = []

    def has(self, dataset_id: str) -> bool:
        """Whether the dataset has been drawn."""
        return dataset_id in self._layers

    def is_visible(self, dataset_id: str) -> bool:
        """Whether the dataset is on the canvas."""
        return dataset_id in self._layers and bool(self._layers[dataset_id].visible)

    def show(
        self,
        dataset: Dataset,
        section: Section,
        base_yx: FloatArray,
        limits: tuple[float, float] | None,
    ) -> None:
        """Put a section on the canvas.

        Parameters
        ----------
        dataset
            Gives the colours.
        section
            Values and where they lie, in plane coordinates.
        base_yx
            (2,) plane coordinates of the canvas' origin.
        limits
            Values shown as the ends of the colour map.
        """
        values = _displayable(contoured(dataset, coloured(dataset, section), limits))
        pixel = float(section.grid.pixel[0])
        offset = section.grid.index_to_physical.offset - base_yx
        layer = self._layers.get(dataset.id)
        if layer is not None and bool(layer.rgb) != (values.ndim == 3):
            self.remove(dataset.id)
            layer = None
        if layer is None:
            self._add(dataset, values, pixel, offset, limits)
            return
        _put(layer, values, pixel, offset)
        self.style(dataset, limits)

    def style(self, dataset: Dataset, limits: tuple[float, float] | None) -> None:
        """Take over the dataset's display settings."""
        layer = self._layers.get(dataset.id)
        if layer is None:
            return
        display = dataset.display
        _set(layer, visible=display.visible, opacity=display.opacity, blending=_blending(dataset))
        if layer.rgb:
            return
        wanted = napari_colormap(display.colormap)
        if layer.colormap is not wanted:
            layer.colormap = wanted
        if limits is not None and not np.allclose(layer.contrast_limits, limits, rtol=1e-6):
            layer.contrast_limits_range = limits
            layer.contrast_limits = limits
        _set(layer, gamma=display.gamma)

    def set_opacity(self, dataset_id: str, opacity: float) -> None:
        """Let a dataset show through, without forgetting its own opacity."""
        if dataset_id in self._layers:
            self._layers[dataset_id].opacity = opacity

    def show_picture(self, rgba: AnyArray | None, grid: Grid | None, base_yx: FloatArray) -> None:
        """Cover everything with one picture (rows, cols, 4) on a grid; ``None`` takes it away."""
        layer = self._layers.get(PICTURE)
        if rgba is None or grid is None:
            if layer is not None:
                layer.visible = False
            return
        pixel = float(grid.pixel[0])
        offset = grid.index_to_physical.offset - base_yx
        if layer is None:
            self._layers[PICTURE] = self._add_image(
                rgba, name=PICTURE, rgb=True, scale=(pixel, pixel), translate=tuple(offset),
                blending="translucent_no_depth", interpolation2d="nearest",
            )  # fmt: skip
            return
        _put(layer, rgba, pixel, offset)
        layer.visible = True

    def shift(self, by_yx: FloatArray) -> None:
        """Move every picture on the canvas, (2,)."""
        for layer in self._layers.values():
            layer.translate = tuple(np.asarray(layer.translate, float) + by_yx)

    def set_visible(self, dataset_id: str, on: bool) -> None:
        """Show or hide a dataset without forgetting it."""
        if dataset_id in self._layers:
            self._layers[dataset_id].visible = on

    def remove(self, dataset_id: str) -> None:
        """Take a dataset off the canvas.

        Its layer is kept, unseen, for the next dataset: napari takes long to remove one.
        """
        layer = self._layers.pop(dataset_id, None)
        if layer is None:
            return
        layer.visible, layer.name = False, SPARE
        self._spare.append(layer)
        if len(self._spare) > MOST_SPARE:
            self._model.layers.remove(self._spare.pop(0))

    def set_order(self, ids: tuple[str, ...]) -> None:
        """Draw datasets in this order, bottom first; marks stay on top."""
        self._order = ids
        wanted = [self._layers[i] for i in ids if i in self._layers]
        if PICTURE in self._layers:
            wanted.append(self._layers[PICTURE])
        for place, layer in enumerate(wanted):
            current = self._model.layers.index(layer)
            if current != place:
                self._model.layers.move(current, place)

    def _add(
        self,
        dataset: Dataset,
        values: AnyArray,
        pixel: float,
        offset: FloatArray,
        limits: tuple[float, float] | None,
    ) -> None:
        options: dict[str, Any] = {}
        if values.ndim == 2:
            options = {
                "contrast_limits": limits or (0.0, 1.0),
                "colormap": napari_colormap(dataset.display.colormap),
                "gamma": dataset.display.gamma,
            }
        spare = next((s for s in self._spare if bool(s.rgb) == (values.ndim == 3)), None)
        if spare is not None:
            self._spare.remove(spare)
            self._layers[dataset.id] = spare
            spare.name = dataset.name
            _put(spare, values, pixel, offset)
            self.style(dataset, limits or (0.0, 1.0))
            self.set_order(self._order)
            return
        self._layers[dataset.id] = self._add_image(
            values,
            name=dataset.name,
            rgb=values.ndim == 3,
            scale=(pixel, pixel),
            translate=tuple(offset),
            opacity=dataset.display.opacity,
            visible=dataset.display.visible,
            blending=_blending(dataset),
            interpolation2d="nearest",
            **options,
        )
        self.set_order(self._order)

    def _add_image(self, values: AnyArray, **options: Any) -> Image:
        """Add a layer and look where we looked: napari shows all of the first one."""
        camera = self._model.scene.camera
        centre, zoom = camera.center, camera.zoom
        layer: Image = self._model.add_image(values, **options)
        camera.center, camera.zoom = centre, zoom
        leave_sliders_alone(self._model, layer)
        return layer


def _put(layer: Image, values: AnyArray, pixel: float, offset_yx: FloatArray) -> None:
    """Show values (rows, cols) or (rows, cols, 4) with their first pixel at `offset_yx`."""
    with in_one_go(layer):
        layer.data = values
        layer.scale = (pixel, pixel)
        layer.translate = tuple(offset_yx)


def _set(layer: Image, **values: Any) -> None:
    """Set what differs: napari draws anew even when a layer is told what it knows."""
    for name, value in values.items():
        if getattr(layer, name) != value:
            setattr(layer, name, value)


def _blending(dataset: Dataset) -> str:
    return {"opaque": "opaque", "additive": "additive"}.get(
        dataset.display.blending, "translucent_no_depth"
    )


def _displayable(section: Section) -> AnyArray:
    """Return float32 with NaN, or RGBA with alpha 0, where there is no value."""
    if section.values.ndim == 3:
        colour = np.zeros((*section.mask.shape, 4), np.uint8)
        colour[..., :3] = np.clip(np.nan_to_num(section.values[..., :3]), 0, 255)
        colour[..., 3] = np.where(section.mask, 255, 0)
        return colour
    values = np.asarray(section.values, np.float32)
    if not section.mask.all():
        values = np.where(section.mask, values, np.float32(np.nan))
    return values

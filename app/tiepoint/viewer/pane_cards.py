"""What lies on a canvas beside the data: its legend, scale bar and strip of nested fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.figures.labels import label_words
from tiepoint.figures.wheel import has_wheel, start_of, wheel_sectors, wheel_words
from tiepoint.session.projecting import words_of
from tiepoint.session.spectra.words import legend_detail
from tiepoint.support.units import format_length
from tiepoint.viewer.overlays import LegendCard, LegendEntry, ScaleBar, ScaleStrip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tiepoint.geometry.resample import SlabSpec
    from tiepoint.model.dataset import Dataset
    from tiepoint.session import Session
    from tiepoint.viewer.host import CanvasHost

THICK = {"mean": "mean", "max": "maximum", "min": "minimum"}
"""What is shown of a thick section."""

PLAIN = "#98a1b0"
"""Colour of a legend's entry for data of many colours."""

EDGE_PX = 14


class PaneCards:
    """Words and places of the cards on one canvas.

    Parameters
    ----------
    session
        Whose datasets are shown.
    host
        The canvas.
    """

    def __init__(self, session: Session, host: CanvasHost) -> None:
        self._session = session
        self._host = host
        self.legend = LegendCard(host.native)
        self.scale_bar = ScaleBar(host.native)
        self.strip = ScaleStrip(host.native)

    def show_legend(self, visible: Sequence[str], frame: str | None, slab: SlabSpec | None) -> None:
        """Say what is seen.

        Parameters
        ----------
        visible
            Ids of datasets, the topmost first.
        frame
            Dataset in whose plane they are shown.
        slab
            The section's thickness, in the frame's unit.
        """
        self.legend.show_entries(tuple(self._entries(visible, frame, slab)))

    def show_fields(
        self, fields: list[tuple[float, str]], frame: str | None, unit: str | None
    ) -> None:
        """Show nested fields of view as (width in `unit`, dataset id), widest first."""
        self.strip.show_fields(
            tuple((key, format_length(width, unit, 2), key == frame) for width, key in fields),
            [width for width, _ in fields],
        )

    def place(self, unit: str | None, *, shown: bool) -> None:
        """Put the cards into their corners; the strip only where it has room."""
        if not shown:
            for card in (self.legend, self.scale_bar, self.strip):
                card.hide()
            return
        size, bar = self._host.native.size(), self.scale_bar
        bar.show_scale(self._host.zoom, unit)
        bar.move(size.width() - bar.width() - EDGE_PX, size.height() - bar.height() - EDGE_PX)
        bar.show()
        self.legend.move(EDGE_PX, EDGE_PX)
        self.strip.move(EDGE_PX, size.height() - self.strip.height() - EDGE_PX)
        self.strip.show_view(size.width() / self._host.zoom)
        room = size.width() - bar.width() - 3 * EDGE_PX
        self.strip.setVisible(self.strip.wanted and self.strip.width() <= room)

    def _entries(
        self, visible: Sequence[str], frame: str | None, slab: SlabSpec | None
    ) -> Iterator[LegendEntry]:
        for dataset_id in visible:
            dataset = self._session.dataset(dataset_id)
            yield self._entry(dataset, frame, slab)
            for colour, words, detail in label_words(self._session, dataset):
                yield LegendEntry(colour, words, detail)

    def _entry(self, dataset: Dataset, frame: str | None, slab: SlabSpec | None) -> LegendEntry:
        colour = dataset.display.colormap
        if has_wheel(dataset):
            limits = self._session.drawing.limits_if_known(dataset)
            start = start_of(limits, dataset.quantity.period or 1.0)
            wheel = tuple(wheel_sectors(colour, start))
            return LegendEntry(colour, dataset.name, wheel_words(dataset, limits), wheel)
        if not colour.startswith("#"):
            words = "colour" if dataset.rgb else self._how(dataset, frame, slab)
            words = self._session.linking.words(dataset) or words or self._values(dataset)
            return LegendEntry(PLAIN, dataset.name, words)
        label = dataset.recipe.label if dataset.recipe else dataset.name
        return LegendEntry(colour, label, self._values(dataset))

    def _values(self, dataset: Dataset) -> str:
        """Say what the values of a map are; nothing of a picture of unnamed values."""
        named = bool(dataset.recipe or dataset.derived or dataset.quantity.unit)
        limits = self._session.drawing.limits_if_known(dataset) if named else None
        return legend_detail(self._session, dataset, limits)

    def _how(self, dataset: Dataset, frame: str | None, slab: SlabSpec | None) -> str:
        """Say how a volume is brought onto the canvas."""
        if dataset.ndim_space != 3:
            return ""
        if frame is not None and self._session.locating.viewing_lines(frame, dataset.id):
            return words_of(slab)
        if slab is None:
            return "section"
        unit = self._session.dataset(frame).unit if frame is not None else None
        return f"{THICK[slab.method]} of {format_length(slab.thickness, unit)}"

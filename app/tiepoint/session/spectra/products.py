"""What is computed from spectra besides plain maps: computed in the background, then added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.model.dataset import Dataset, Derived, Display, Quantity
from tiepoint.project import edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray

SCALE = "viridis"
ERRORS = "gray"


@dataclass(frozen=True, eq=False)
class Product:
    """Datasets that were computed together and are added together.

    Attributes
    ----------
    label
        For the history: ``"Composition of EDX"``.
    parts
        Each dataset with its values.
    warnings
        Sentences about what the values do not hold; they go with every dataset, too.
    """

    label: str
    parts: tuple[tuple[Dataset, AnyArray], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """What the datasets of one product share.

    Attributes
    ----------
    source
        The spectrum image.
    operation, settings
        See `Derived`.
    sources
        Ids of what else it was computed from.
    model
        Whether a statistical model made it.
    warnings
        Sentences.
    """

    source: Dataset
    operation: str
    settings: dict[str, Any]
    sources: tuple[str, ...] = ()
    model: bool = False
    warnings: tuple[str, ...] = ()

    def image(
        self,
        name: str,
        values: AnyArray,
        unit: str | None,
        *,
        colormap: str = SCALE,
        visible: bool = False,
        axes: tuple[Axis, ...] = (),
    ) -> tuple[Dataset, AnyArray]:
        """Return a map in the frame of the spectrum image, with its values as float32.

        `axes` are those of the values, where they are not the spectrum image's.
        """
        kept = np.asarray(values, np.float32)
        blending = "additive" if colormap.startswith("#") else "translucent"
        dataset = self._dataset(
            name,
            kept,
            kind="image",
            axes=axes or self.source.spatial_axes,
            frame=self.source.frame,
            technique=f"{self.source.technique} map",
            quantity=Quantity(name=self.operation, unit=unit),
            display=Display(colormap=colormap, blending=blending, visible=visible),
        )
        return dataset, kept

    def spectrum(self, name: str, values: AnyArray, axis: Axis) -> tuple[Dataset, AnyArray]:
        """Return a spectrum over an axis."""
        kept = np.asarray(values, float)
        dataset = self._dataset(
            name,
            kept,
            kind="spectrum",
            axes=(axis,),
            frame=self.source.frame,
            technique=self.source.technique,
            display=Display(visible=False),
        )
        return dataset, kept

    def _dataset(self, name: str, values: AnyArray, **more: Any) -> Dataset:
        return Dataset(
            name=name,
            dtype=str(values.dtype),
            group=self.source.group,
            derived=Derived(
                operation=self.operation,
                sources=(self.source.id, *self.sources),
                settings=self.settings,
            ),
            model_derived=self.model,
            warnings=self.warnings,
            **more,
        )


def add_product(session: Session, product: Product) -> Sequence[Dataset]:
    """Add a product's datasets to the project; one undo step."""
    for dataset, values in product.parts:
        session.store.put(dataset.id, values)
    session.document.apply(
        product.label, edits.add_datasets([dataset for dataset, _ in product.parts])
    )
    return [session.dataset(dataset.id) for dataset, _ in product.parts]

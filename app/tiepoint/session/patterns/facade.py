"""What a session knows about diffraction patterns, for the Patterns panel and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.session.patterns.detecting import Detecting
from tiepoint.session.patterns.reading import PatternReading
from tiepoint.session.spectra.products import add_product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.patterns.detectors import Detector
    from tiepoint.session.session import Session
    from tiepoint.session.spectra.products import Product
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl


class Patterns:
    """Patterns of a session.

    Attributes
    ----------
    reading
        The pattern at a place, of a region, of a whole scan.
    detecting
        Virtual detectors, their images, centres of mass.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.reading = PatternReading(session)
        self.detecting = Detecting(session)

    def preview(self, dataset: Dataset, detector: Detector, values: AnyArray) -> Dataset:
        """Show a virtual image on the canvas without adding it to the project."""
        product = self.detecting.product(dataset, detector, values)
        return self._session.spectra.previews.show_layer(dataset, *product.parts[0])

    def add(self, product: Product) -> Sequence[Dataset]:
        """Add computed images to the project; one undo step."""
        return add_product(self._session, product)

    def add_image(
        self, dataset: Dataset, detector: Detector, control: TaskControl | None = None
    ) -> Dataset:
        """Compute a virtual image and add it to the project, in the frame of its scan."""
        values = self.detecting.image(dataset, detector, control)
        return self.add(self.detecting.product(dataset, detector, values))[0]

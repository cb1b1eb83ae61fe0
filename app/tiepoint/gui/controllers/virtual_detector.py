"""The virtual detector: dragged or entered, its image live on the canvas, kept on demand."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.feedback import attempt
from tiepoint.patterns.axes import is_scanned, pattern_axes
from tiepoint.patterns.detectors import Detector, in_unit, mask_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.gui.controllers.patterns import PatternsController
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.patterns.disc import BrightDisc
    from tiepoint.session.spectra.products import Product
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import Task, TaskControl


class VirtualDetectorController(QObject):
    """Keeps plot, numbers and preview in step with one detector."""

    def __init__(self, desk: Desk, patterns: PatternsController) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._patterns = patterns
        self._plot, self._part = desk.patterns_panel.pattern, desk.patterns_panel.detector
        self.detector: Detector | None = None
        self._image = Newest(desk.tasks)
        self._loading: Task[None] | None = None
        self._plot.detector_dragged.connect(self._on_dragged)
        part = self._part
        part.changed.connect(self._on_entered)
        part.preset_wanted.connect(self.use_preset)
        part.centre_wanted.connect(self.find_centre)
        part.live_toggled.connect(self._on_live)
        part.image_wanted.connect(self.keep_image)
        part.mass_wanted.connect(self.centre_of_mass)

    # -- following -----------------------------------------------------------------------

    def begin(self) -> None:
        """Start without a detector: another dataset was chosen."""
        source = self._patterns.source()
        self.detector = None
        self._plot.show_detector(None)
        self._part.show_axes(pattern_axes(source))
        self._part.show_presets(self._session.patterns.detecting.presets(source))
        self._part.show_words("")
        self._part.setEnabled(False)

    def make_ready(self) -> None:
        """Place the first detector once a mean pattern is known, and compile the sums."""
        source = self._patterns.source()
        if self.detector is not None or not is_scanned(source):
            return
        detecting = self._session.patterns.detecting
        self._desk.tasks.start_quietly(
            partial(detecting.first, source),
            lambda found: self._place_first(source, found),
            self._part.show_words,
        )
        self._desk.tasks.start_quietly(
            partial(detecting.prepare, source), lambda _nothing: None, self._part.show_words
        )

    def _place_first(self, source: Dataset, found: Detector) -> None:
        if source.id == self._patterns.source_id and self.detector is None:
            self._use(found)

    def leave(self) -> None:
        """Take the image off the canvas."""
        self._part.live.setChecked(False)

    # -- the detector --------------------------------------------------------------------

    def _use(self, detector: Detector) -> None:
        """Show a detector everywhere; its image too, where it is live."""
        self.detector = detector
        self._part.setEnabled(True)
        self._plot.show_detector(detector)
        self._part.show_detector(detector)
        self._say()
        self._request()

    def _on_dragged(self, detector: Detector) -> None:
        self.detector = detector
        self._part.show_detector(detector)
        self._say()
        self._go_live()

    def _on_entered(self, detector: Detector) -> None:
        self.detector = detector
        self._say()
        if detector.inner < detector.outer:
            self._plot.show_detector(detector)
            self._go_live()

    def _go_live(self) -> None:
        if self._part.live.isChecked():
            self._request()
        else:
            self._part.live.setChecked(True)

    def _say(self) -> None:
        if self.detector is None:
            return
        try:
            pixels = int(mask_of(self.detector, pattern_axes(self._patterns.source())).sum())
        except TiepointError as error:
            self._part.show_words(str(error))
            return
        self._part.show_words(f"{self.detector.words()}: {pixels:,} pixels of each pattern.")

    def use_preset(self, name: str) -> None:
        """Put the detector where a usual one is."""
        self._patterns.show()
        source = self._patterns.source()

        def then(found: Detector) -> None:
            if source.id == self._patterns.source_id:
                self._use(found)
                self._go_live()

        self._desk.tasks.start_quietly(
            lambda control: self._session.patterns.detecting.preset(source, name, control),
            then,
            self._part.show_words,
        )

    def find_centre(self) -> None:
        """Centre the detector on the bright disc; its radii stay."""
        self._patterns.show()
        source = self._patterns.source()

        def then(disc: BrightDisc) -> None:
            now = self.detector
            if now is not None and source.id == self._patterns.source_id:
                self._use(Detector(disc.centre_yx, now.inner, now.outer, now.unit, now.name))

        self._desk.tasks.start_quietly(
            partial(self._session.patterns.detecting.disc, source), then, self._part.show_words
        )

    # -- its image -----------------------------------------------------------------------

    def _on_live(self, on: bool) -> None:
        if on:
            self._request()
            return
        self._image.cancel()
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        source_id = self._patterns.source_id
        if self._session.spectra.previews.stands_for(source_id):
            self._session.spectra.previews.hide(source_id)
            self._desk.views.refresh()

    def _request(self) -> None:
        """Compute the image of the detector as it is now; what takes long has a line of its own."""
        detector = self.detector
        if detector is None or not self._part.live.isChecked() or self._loading is not None:
            return
        source = self._patterns.source()

        def work(control: TaskControl) -> AnyArray:
            return self._session.patterns.detecting.image(source, detector, control)

        then = partial(self._take, source, detector)
        if self._session.patterns.detecting.is_at_hand(source):
            self._image.request(work, then, self._part.show_words)
            return
        self._loading = task = self._desk.tasks.start(
            f"Virtual image of {source.name}", work, lambda values: self._loaded(then, values)
        )
        task.future.add_done_callback(
            lambda _future: self._desk.tasks.hand_over(partial(self._ended, task, detector))
        )

    def _loaded(self, then: partial[None], values: AnyArray) -> None:
        if self._loading is not None:
            then(values)

    def _ended(self, task: Task[None], detector: Detector) -> None:
        """Go on after a long computation: the detector may have moved on meanwhile."""
        if self._loading is not task:
            return
        self._loading = None
        if task.control.cancelled():
            self._part.live.setChecked(False)
        elif self.detector != detector:
            self._request()

    def _take(self, source: Dataset, detector: Detector, values: AnyArray) -> None:
        if self._part.live.isChecked() and source.id == self._patterns.source_id:
            shown = self._session.patterns.preview(source, detector, values)
            self._desk.views.show_preview(shown.id)

    # -- what is kept --------------------------------------------------------------------

    def keep_image(self) -> None:
        """Add the detector's image to the project."""
        source, detector = self._wanted()
        detecting = self._session.patterns.detecting

        def work(control: TaskControl) -> Product:
            values = detecting.image(source, detector, control)
            return detecting.product(source, detector, values)

        self._start(f"Virtual image of {source.name}", work)

    def centre_of_mass(self) -> None:
        """Add the centre of mass of every pattern within the detector, y and x."""
        source, detector = self._wanted()
        self._start(
            f"Centre of mass of {source.name}",
            lambda control: self._session.patterns.detecting.centre_of_mass(
                source, detector, control
            ),
        )

    def _wanted(self) -> tuple[Dataset, Detector]:
        self._patterns.show()
        source = self._patterns.source()
        if self.detector is None:
            raise TiepointError("There is no detector yet: wait until the patterns are read.")
        axes = pattern_axes(source)
        mask_of(self.detector, axes)
        return source, in_unit(self.detector, axes, self.detector.unit)

    def _start(self, title: str, work: object) -> None:
        def then(product: Product) -> None:
            self.leave()
            if attempt(self._desk, lambda: self._session.patterns.add(product)):
                self._part.show_words(f"{product.label} is added.")

        self._desk.tasks.start(title, work, then)  # type: ignore[arg-type]

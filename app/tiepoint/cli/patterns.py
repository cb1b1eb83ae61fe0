"""``map --detector``: the image of a virtual detector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.cli.pictures import say_picture, write_picture
from tiepoint.cli.sources import opened, the_only
from tiepoint.patterns.axes import is_scanned, pattern_axes, unit_on
from tiepoint.patterns.detectors import PRESETS, Detector, mask_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.model.dataset import Dataset
    from tiepoint.session import Session


def do_virtual_image(options: Namespace) -> None:
    """Sum every pattern over a virtual detector, and write the image as a TIFF if asked."""
    session = opened(Path(options.source))
    session.machines.use(options.scheduler)
    dataset = the_only(session, options, is_scanned, "scan of diffraction patterns")
    detector = _detector(session, dataset, options)
    mask = mask_of(detector, pattern_axes(dataset))
    values = session.patterns.detecting.image(dataset, detector)
    session.close()
    write_picture(options, dataset, values)
    pixels = int(mask.sum())
    y, x = detector.centre_yx
    words = (
        f"{detector.words()} around y {y:.1f}  x {x:.1f} px of {dataset.name}:"
        f" {pixels:,} pixels of each pattern"
    )
    say_picture(options, dataset, values, {**detector.settings(), "pixels": pixels}, words)


def _detector(session: Session, dataset: Dataset, options: Namespace) -> Detector:
    """Return a usual detector by its name, or one of radii around `--centre` or the disc."""
    words = [word.strip() for word in options.detector.split(",")]
    if len(words) == 1:
        found = session.patterns.detecting.preset(dataset, words[0])
        centre = _centre(options.centre) if options.centre else found.centre_yx
        return Detector(centre, found.inner, found.outer, found.unit, found.name)
    try:
        inner, outer = float(words[0]), float(words[1])
    except ValueError:
        inner = outer = float("nan")
    if len(words) > 3 or not inner < outer:
        raise TiepointError(
            f"{options.detector!r} is no detector: write {', '.join(PRESETS)}, or the inner and the"
            " outer radius and a unit, such as 5.5,15,px."
        )
    unit = words[2] if len(words) == 3 else unit_on(pattern_axes(dataset))
    if options.centre:
        return Detector(_centre(options.centre), inner, outer, unit)
    try:
        centre = session.patterns.detecting.disc(dataset).centre_yx
    except TiepointError as error:
        said = str(error).partition(":")[0]
        raise TiepointError(f"{said}: give --centre y,x in pixels of the pattern.") from error
    return Detector(centre, inner, outer, unit)


def _centre(text: str) -> tuple[float, float]:
    try:
        y, x = (float(part) for part in text.split(","))
    except ValueError:
        raise TiepointError(f"{text!r} is no centre: write it as y,x in pixels.") from None
    return y, x

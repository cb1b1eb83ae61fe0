"""The overlay picture: sections of several datasets with scale bar and legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tiepoint.figures.compose import compose
from tiepoint.figures.contours import contoured
from tiepoint.figures.labels import coloured, label_words
from tiepoint.figures.ramps import ramp
from tiepoint.figures.wheel import has_wheel, wheel_sectors, wheel_words
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length, round_length

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image, ImageDraw, ImageFont

    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.model.dataset import Dataset
    from tiepoint.session import Session

CARD = (27, 30, 36, 225)
TEXT = (232, 234, 238, 255)
SECONDARY = (152, 161, 176, 255)
MARGIN = 14


def write_overlay(
    session: Session, frame: str, plane: Plane, grid: Grid, shown: Sequence[str], path: Path
) -> None:
    """Write what lies in a plane as a PNG.

    Parameters
    ----------
    frame, plane, grid
        Where: dataset id, plane in its coordinates, pixels in plane coordinates.
    shown
        Dataset ids, bottom first; those not visible are left out.
    path
        ``.png``; its folder is made if needed.

    Raises
    ------
    TiepointError
        If nothing is visible, or it cannot be written.
    """
    datasets = [session.dataset(key) for key in shown]
    datasets = [dataset for dataset in datasets if dataset.display.visible]
    if not datasets:
        raise TiepointError("Nothing is visible in this view.")
    picture = draw_overlay(session, frame, plane, grid, datasets)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except OSError as error:
        raise TiepointError(f"{path} cannot be written: {error.strerror or error}.") from error


def draw_overlay(
    session: Session, frame: str, plane: Plane, grid: Grid, datasets: Sequence[Dataset]
) -> Image.Image:
    """Return the overlay as a picture with scale bar and legend."""
    from PIL import Image

    pictures = []
    for dataset in datasets:
        session.drawing.prepare(dataset)
        section = coloured(dataset, session.drawing.section(dataset, frame, plane, grid))
        limits = (0.0, 1.0) if dataset.rgb else session.drawing.limits(dataset)
        section = contoured(dataset, section, limits)
        pictures.append((section, dataset.display, limits))
    pixels = compose(pictures, [ramp(dataset.display.colormap) for dataset in datasets])
    image = Image.fromarray(pixels)
    _annotate(image, session, frame, grid, datasets)
    return image


def _annotate(
    image: Image.Image, session: Session, frame: str, grid: Grid, datasets: Sequence[Dataset]
) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image, "RGBA")
    font = _font(max(13, image.width // 70))
    entries = [
        entry
        for dataset in reversed(datasets)
        for entry in (legend_words(session, dataset), *label_words(session, dataset))
    ]
    _legend(draw, font, entries)
    unit = session.dataset(frame).unit
    _scale_bar(draw, font, image.size, float(grid.pixel[0]), unit)


def legend_words(session: Session, dataset: Dataset) -> tuple[str, str, str]:
    """Return (colour or name of a cyclic colour map, label, range in words) for a legend."""
    colour = dataset.display.colormap
    if has_wheel(dataset):
        return colour, dataset.name, wheel_words(dataset, session.drawing.limits(dataset))
    if not colour.startswith("#"):
        words = "section" if dataset.ndim_space == 3 else ""
        return "#98a1b0", dataset.name, words
    low, high = session.drawing.limits(dataset)
    label = dataset.recipe.label if dataset.recipe else dataset.name
    return colour, label, f"{low:.3g}–{high:.3g} counts"


def _legend(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    entries: Sequence[tuple[str, str, str]],
) -> None:
    line = int(font.size * 1.6)
    widths = [draw.textlength(f"{label}   {words}", font) for _c, label, words in entries]
    right = MARGIN + 20 + line + int(max(widths))
    bottom = MARGIN + 16 + line * len(entries)
    draw.rounded_rectangle((MARGIN, MARGIN, right, bottom), 8, fill=CARD)
    for number, (colour, label, words) in enumerate(entries):
        top = MARGIN + 8 + number * line
        box = int(font.size * 0.8)
        inset = (line - box) // 2
        place = (MARGIN + 12, top + inset, MARGIN + 12 + box, top + inset + box)
        if colour.startswith("#"):
            draw.rounded_rectangle(place, 3, fill=colour)
        else:
            _wheel(draw, (MARGIN + 9, top + 3, MARGIN + 3 + line, top + line - 3), colour, words)
        left = MARGIN + 12 + line
        draw.text((left, top + line / 2), label, TEXT, font, anchor="lm")
        left += int(draw.textlength(f"{label}   ", font))
        draw.text((left, top + line / 2), words, SECONDARY, font, anchor="lm")


def _wheel(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], name: str, words: str
) -> None:
    start = 0.5 if "−" in words else 0.0
    for degrees, colour in wheel_sectors(name, start):
        draw.pieslice(box, degrees, degrees + 5.5, fill=colour)


def _scale_bar(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    size: tuple[int, int],
    pixel: float,
    unit: str | None,
) -> None:
    length = round_length(pixel * size[0] / 6, unit)
    width = int(np.rint(length / pixel))
    words = format_length(length, unit)
    card = max(width, int(draw.textlength(words, font))) + 32
    height = int(font.size * 2.4) + 10
    left, top = size[0] - MARGIN - card, size[1] - MARGIN - height
    draw.rounded_rectangle((left, top, left + card, top + height), 8, fill=CARD)
    draw.text((left + card / 2, top + 6 + font.size / 2), words, TEXT, font, anchor="mm")
    start = left + (card - width) // 2
    bar = top + height - 16
    draw.rectangle((start, bar, start + width - 1, bar + 4), fill=(255, 255, 255, 255))


def _font(size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    from tiepoint.support.paths import resource

    return ImageFont.truetype(str(resource("fonts/Inter-Medium.otf")), size)

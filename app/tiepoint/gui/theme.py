"""The look: one quiet surface in three greys, colours by role, one style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

from tiepoint.support.paths import resource

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True)
class Theme:
    """Colours by role, ``#rrggbb``."""

    canvas: str
    plot: str
    panel: str
    card: str
    line: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    selection: str
    good: str
    check: str
    poor: str


DARK = Theme(
    canvas="#15171c", plot="#15171c", panel="#1b1e24", card="#242830", line="#30353f",
    text="#e8eaee", secondary="#98a1b0", accent="#4ea1ff", on_accent="#0d1117",
    selection="#2b3a50", good="#3fb68b", check="#f0b429", poor="#e5534b",
)  # fmt: skip
LIGHT = Theme(
    canvas="#dfe2e7", plot="#ffffff", panel="#f4f5f7", card="#ffffff", line="#c9ced6",
    text="#1b1e24", secondary="#5a6372", accent="#1769c6", on_accent="#ffffff",
    selection="#cfe3fb", good="#1b7f5a", check="#8a6100", poor="#b3261e",
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT}
FONT_FILES = ("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf", "Inter-Bold.otf")


def theme_of(widget: QWidget) -> Theme:
    """Return the theme that a widget is shown in, by its background."""
    return DARK if widget.palette().window().color().lightness() < 128 else LIGHT


def current_theme() -> Theme:
    """Return the theme that the application is shown in."""
    return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT


def readable_on(colour: str, background: str, least: float = 3.0) -> str:
    """Return a colour, darker or lighter where it would be hard to see on a background.

    Parameters
    ----------
    colour, background
        ``#rrggbb``.
    least
        Ratio of contrast that is enough; 3 is that of graphical objects in WCAG 2.1, 1.4.11.
    """
    shade = QColor(colour)
    hue, saturation, lightness = shade.hslHue(), shade.hslSaturation(), shade.lightness()
    step = -4 if _luminance(QColor(background)) > 0.18 else 4
    while _contrast(shade, QColor(background)) < least and 0 <= lightness + step <= 255:
        lightness += step
        exact = QColor.fromHsl(max(hue, 0), saturation, lightness)
        shade = QColor(exact.name())  # as it will be shown, in eight bits
    return str(shade.name())


def _contrast(one: QColor, other: QColor) -> float:
    """Return the ratio of contrast of WCAG 2.1 (1 to 21)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG 2.1, from sRGB (IEC 61966-2-1)."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def apply_theme(app: QApplication, name: str, font_size_pt: int) -> Theme:
    """Give the application its font, palette and style sheet."""
    theme = THEMES[name]
    for file in FONT_FILES:
        QFontDatabase.addApplicationFont(str(resource(f"fonts/{file}")))
    app.setStyle("Fusion")
    font = QFont("Inter")
    font.setPointSize(font_size_pt)
    # Inter's contextual forms turn the axis name in "3 x 4" into a multiplication sign.
    font.setFeature(QFont.Tag("calt"), 0)
    app.setFont(font)
    app.setPalette(_palette(theme))
    template = Template(resource("themes/tiepoint.qss").read_text(encoding="utf-8"))
    icons = resource("icons").as_posix()
    app.setStyleSheet(template.substitute(theme.__dict__, icons=icons))
    return theme


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.Base: theme.card,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Button: theme.card,
        QPalette.ColorRole.ToolTipBase: theme.card,
        QPalette.ColorRole.Highlight: theme.selection,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.HighlightedText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.secondary,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(disabled, role, QColor(theme.secondary))
    return palette

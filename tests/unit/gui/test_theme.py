"""Both themes can be read: contrast of every text colour on every surface it stands on."""

from __future__ import annotations

import pytest

from tiepoint.gui.theme import FONT_FILES, THEMES
from tiepoint.support.paths import resource


def luminance(colour):
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", ["panel", "card", "canvas"])
@pytest.mark.parametrize("ink", ["text", "secondary"])
def test_words_can_be_read(name, surface, ink):
    theme = THEMES[name]
    assert contrast(getattr(theme, ink), getattr(theme, surface)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("verdict", ["good", "check", "poor"])
def test_verdicts_can_be_told_from_a_card(name, verdict):
    theme = THEMES[name]
    assert contrast(getattr(theme, verdict), theme.card) >= 3.0


@pytest.mark.parametrize("name", THEMES)
def test_the_primary_button_can_be_read(name):
    theme = THEMES[name]
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.selection) >= 4.5


@pytest.mark.parametrize("file", FONT_FILES)
def test_fonts_are_shipped(file):
    assert resource(f"fonts/{file}").stat().st_size > 100_000


def test_every_placeholder_of_the_style_sheet_is_a_role():
    from string import Template

    template = Template(resource("themes/tiepoint.qss").read_text(encoding="utf-8"))
    for theme in THEMES.values():
        text = template.substitute(theme.__dict__, icons="icons")
        assert "$" not in text

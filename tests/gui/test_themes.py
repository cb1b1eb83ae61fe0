"""Dark and light: every plot and every faint word follows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor
from tiny_spectra import add_eds
from window_tools import idle, told

from tiepoint.gui.panels.plot import quiet_plot
from tiepoint.gui.panels.spectrum_plot import Curve
from tiepoint.gui.theme import DARK, LIGHT, _contrast, readable_on

pytestmark = pytest.mark.window

BACKGROUNDS = (DARK.plot, LIGHT.plot, LIGHT.card)
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


@given(colours, st.sampled_from(BACKGROUNDS))
def test_every_colour_can_be_seen_on_either_theme(colour, background):
    shown = readable_on(colour, background)
    assert _contrast(QColor(shown), QColor(background)) >= 3.0
    if _contrast(QColor(colour), QColor(background)) >= 3.0:
        assert QColor(shown) == QColor(colour)


def test_contrast_is_that_of_the_standard():
    assert _contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert _contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.005)


def test_plots_and_faint_words_follow_the_theme(open_window):
    window = open_window()
    add_eds(window.session, (6, 8))
    idle(window)
    panel = window.desk.spectra_panel
    line = Curve("picked", np.arange(40.0), np.arange(40.0), "#ffffff")
    panel.spectrum.show_curves([line, line])
    tree = window.desk.datasets_panel

    def seen():
        pen = panel.spectrum._drawn[0].opts["pen"]
        faint = tree._model.item(0).foreground().color()
        axis = panel.plot.getAxis("bottom")
        return panel.plot.backgroundBrush().color(), pen.color(), axis.textPen().color(), faint

    before = len(window.session.document.history)
    window.settings = window.settings.model_copy(update={"theme": "dark"})
    for theme in (LIGHT, DARK):
        window.actions_by_name["window.switch_theme"].trigger()
        idle(window)
        ground, pen, axis, faint = seen()
        assert ground == QColor(theme.plot)
        assert axis == faint == QColor(theme.secondary)
        assert _contrast(pen, ground) >= 3.0
    assert pen == QColor("#ffffff"), "dark again, the line is white again"
    assert len(window.session.document.history) == before, "a theme is no edit"
    assert told(window) == []


def test_what_is_painted_once_is_painted_again(qapp):
    plot = quiet_plot("a plot", pan_x=False)
    seen = []
    plot.keep_inked(seen.append, "#ffffff")
    assert len(seen) == 1

"""What the cells of the table of pairs say."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tiepoint.gui.panels.pair_table import PairModel
from tiepoint.session.report import PairRow

pytestmark = pytest.mark.window


@pytest.mark.parametrize(("residual", "said"), [(4e-11, "–"), (None, "–"), (0.034, "0.034 px")])
def test_rounding_is_no_residual(qapp, residual, said):
    model = PairModel()
    row = PairRow("1", "P1", True, residual, 1.9, 0.5, False, "#ffffff")
    model.show_rows([row], None)
    cells = [model.data(model.index(0, n), Qt.ItemDataRole.DisplayRole) for n in range(5)]
    assert cells == ["P1", "", said, "1.9 px", "0.5 px"]

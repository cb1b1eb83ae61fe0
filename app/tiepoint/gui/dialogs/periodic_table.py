"""The periodic table as a picker of elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tiepoint.gui.panels.parts import button, note_label, row
from tiepoint.spectra.legend import element_colour

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from PySide6.QtGui import QKeyEvent

SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm "
    "Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split()
"""All elements by atomic number, as named by IUPAC (2016)."""

CELL_PX = 38
F_ROW = 8  # rows of the lanthanides and actinides, one empty row below the rest
PLAIN = "1px solid rgba(128, 136, 150, 90)"
_STARTS = (1, 3, 11, 19, 37, 55, 87)
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


def cell_of(number: int) -> tuple[int, int]:
    """Return row and column of an element in the table with 18 columns.

    Lanthanum to ytterbium and actinium to nobelium stand in two rows of their own below.
    """
    for first, row_ in ((57, F_ROW), (89, F_ROW + 1)):
        if first <= number < first + 14:
            return row_, 3 + number - first
    period = max(i for i, start in enumerate(_STARTS) if start <= number)
    place = number - _STARTS[period]
    if period == 0:
        return 0, 17 * place
    if period in (1, 2):
        return period, place if place < 2 else place + 10
    if period in (3, 4):
        return period, place
    return period, place if place < 2 else place - 14


class _Cell(QPushButton):
    """One element."""

    moved = Signal(int, int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let arrows go to the neighbour, and Enter press the cell."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is not None:
            self.moved.emit(*step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
        else:
            super().keyPressEvent(event)


class PeriodicTable(QDialog):
    """Choose elements; those without a line on the axis are off, proposals are outlined.

    Parameters
    ----------
    parent
        Window.
    available
        Symbols that can be chosen.
    chosen
        Symbols that are chosen now.
    proposed
        Symbols proposed for the peaks of the spectrum, each with its reason.
    in_file
        Symbols that the data file names.
    what
        What an element needs to be available: ``"a line"`` or ``"an edge"``.
    """

    chosen_changed = Signal(list)

    def __init__(
        self,
        parent: QWidget,
        *,
        available: Set[str],
        chosen: Set[str],
        proposed: Mapping[str, str],
        in_file: Set[str],
        what: str,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Elements")
        self._proposed, self._in_file = dict(proposed), in_file
        column = QVBoxLayout(self)
        cells = QWidget()
        grid = QGridLayout(cells)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        grid.setRowMinimumHeight(F_ROW - 1, 10)
        self.cells: dict[str, _Cell] = {}
        self._places: dict[tuple[int, int], str] = {}
        for number, symbol in enumerate(SYMBOLS, start=1):
            cell = self._cell(number, symbol, symbol in available, symbol in chosen)
            grid.addWidget(cell, *cell_of(number))
            self._places[cell_of(number)] = symbol
        cells.setStyleSheet(self._style(available))
        column.addWidget(cells)
        column.addWidget(note_label(self._words(what)))
        take = button("Choose the proposals", self._take_proposals)
        take.setAutoDefault(False)
        take.setVisible(bool(self._proposed))
        clear = button("Clear", self._clear)
        clear.setAutoDefault(False)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        line = row(take, clear)
        line.addWidget(close)
        column.addLayout(line)
        first = next((c for c in self.cells.values() if c.isChecked()), None)
        (first or next((c for c in self.cells.values() if c.isEnabled()), close)).setFocus()

    def _words(self, what: str) -> str:
        words = [f"Elements without {what} on this axis are off."]
        if self._proposed:
            words.append(
                "Outlined: proposed for the peaks of this spectrum. Check them: lines overlap."
            )
        if self._in_file:
            words.append("Underlined: named in the file.")
        return " ".join(words)

    def _cell(self, number: int, symbol: str, available: bool, chosen: bool) -> _Cell:
        cell = _Cell(symbol)
        cell.setCheckable(True)
        cell.setAutoDefault(False)
        cell.setFixedSize(CELL_PX, CELL_PX)
        cell.setEnabled(available)
        cell.setChecked(chosen and available)
        words = f"{symbol}, {number}"
        if symbol in self._proposed:
            words += f". Proposed: {self._proposed[symbol]}"
        if symbol in self._in_file:
            words += ". Named in the file"
        cell.setToolTip(words)
        cell.setAccessibleName(words)
        cell.setObjectName(symbol)
        cell.toggled.connect(lambda _on: self.chosen_changed.emit(self.chosen()))
        cell.moved.connect(lambda down, right: self._go(symbol, down, right))
        self.cells[symbol] = cell
        return cell

    def _style(self, available: Set[str]) -> str:
        """Return one sheet for all cells: a sheet per cell takes Qt a second to apply."""
        rules = [
            f"QPushButton {{ padding: 0; border: {PLAIN}; border-radius: 4px; }}",
            "QPushButton:disabled { color: #7d8594; border-color: transparent; }",
        ]
        for symbol in SYMBOLS:
            if symbol not in available:
                continue
            colour = element_colour(symbol)
            border = f"2px solid {colour}" if symbol in self._proposed else PLAIN
            line = "underline" if symbol in self._in_file else "none"
            rules += [
                f"QPushButton#{symbol} {{ border: {border}; text-decoration: {line}; }}",
                f"QPushButton#{symbol}:checked {{ background: {colour}; color: #0d1117; }}",
                f"QPushButton#{symbol}:focus {{ border: 2px solid palette(link); }}",
            ]
        return "".join(rules)

    def chosen(self) -> list[str]:
        """Return the chosen elements by atomic number."""
        return [symbol for symbol in SYMBOLS if self.cells[symbol].isChecked()]

    def _take_proposals(self) -> None:
        self._set([*self.chosen(), *self._proposed])

    def _clear(self) -> None:
        self._set([])

    def _set(self, symbols: list[str]) -> None:
        for symbol, cell in self.cells.items():
            cell.blockSignals(True)
            cell.setChecked(symbol in symbols and cell.isEnabled())
            cell.blockSignals(False)
        self.chosen_changed.emit(self.chosen())

    def _go(self, symbol: str, down: int, right: int) -> None:
        """Move the focus to the next element in a direction that can be chosen."""
        at = cell_of(SYMBOLS.index(symbol) + 1)
        for step in range(1, 19):
            place = (at[0] + down * step, at[1] + right * step)
            other = self._places.get(place)
            if other is not None and self.cells[other].isEnabled():
                self.cells[other].setFocus()
                return

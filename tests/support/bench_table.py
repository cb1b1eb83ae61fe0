"""Ours against rivals: measured in turns within one run, printed as one table of ratios.

A benchmark takes the fixture ``compare`` and hands it two or more callables::

    def test_section(compare, volume):
        found = compare(
            "oblique section 1024² of 512³ uint16",
            lambda: resample(volume, grid, pose),
            Rival("SimpleITK", lambda: work.Execute(moving), goal=0.75),
            Rival("scipy", lambda: map_coordinates(volume, points), goal=0.2),
        )
        assert np.abs(found.ours - found.rivals["SimpleITK"]).max() < 1

Each gives one row of the table: ours, rival, ratio, goal, met or not. What is not a race goes into
the table through the fixture ``measured``: ``measured("disk bytes read", 1.04, "×", most=1.1)``.
Nothing fails for being slow; a benchmark fails only when its answer is wrong.

Contenders run in turns, so that a change of the machine's load meets all of them, and a ratio is
the median of the rounds' ratios. Beside the time on the clock stands the ratio of processor time:
on a busy machine it is the fairer one, on an idle one it leaves out what the cores share.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP_UNTIL_S = 2.0
"""A contender slower than this in its first call is not warmed up: the call counts."""

SPEND_S = 3.0
LEAST_ROUNDS = 3
MOST_ROUNDS = 31
HEAD = ("operation", "rival", "ours", "rival's", "ratio", "CPU ratio", "goal", "met")


@dataclass(frozen=True)
class Rival:
    """Another way to do the same.

    Attributes
    ----------
    name
        Library or method.
    run
        Does it once and returns its answer; ``None``: not installed, which the table says.
    goal
        Largest wanted ratio of our time to its time; ``None``: shown for comparison only.
    setup
        Called before every run, not measured (drops caches, makes fresh input).
    """

    name: str
    run: Callable[[], Any] | None
    goal: float | None = None
    setup: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table, in words."""

    operation: str
    rival: str
    ours: str
    theirs: str
    ratio: str
    cpu: str
    goal: str
    met: str


@dataclass(frozen=True)
class Compared:
    """Answers of the last round."""

    ours: Any
    rivals: dict[str, Any]


@dataclass
class _Runner:
    run: Callable[[], Any]
    setup: Callable[[], Any] | None
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    answer: Any = None

    def once(self) -> float:
        if self.setup is not None:
            self.setup()
        self.answer = None
        before, used = time.perf_counter(), _processor_time()
        self.answer = self.run()
        self.wall.append(time.perf_counter() - before)
        self.cpu.append(_processor_time() - used)
        return self.wall[-1]

    def forget(self) -> None:
        del self.wall[:-1], self.cpu[:-1]
        if self.wall and self.wall[0] < WARM_UP_UNTIL_S:
            self.wall.clear()
            self.cpu.clear()


class BenchTable:
    """Collects rows and prints them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def compare(
        self,
        operation: str,
        ours: Callable[[], Any],
        *rivals: Rival,
        setup: Callable[[], Any] | None = None,
        most_ms: float | None = None,
    ) -> Compared:
        """Measure our way and the rivals' in turns and add a row for each rival.

        Parameters
        ----------
        operation
            What is done, in the words of ``performance``: size, type, source.
        ours
            Does it once and returns its answer.
        setup
            Called before every run of `ours`, not measured.
        most_ms
            Largest wanted time of `ours` by itself: a row of its own.
        """
        present = [(r, _Runner(r.run, r.setup)) for r in rivals if r.run is not None]
        runners = [_Runner(ours, setup), *(runner for _, runner in present)]
        for runner in runners:
            runner.once()
            runner.forget()
        self._take_turns(runners)
        mine = runners[0]
        for rival, theirs in present:
            self._add(operation, rival, mine, theirs)
        for rival in rivals:
            if rival.run is None:
                self._add_missing(operation, rival, mine)
        if most_ms is not None:
            self.measured(operation, 1000 * median(mine.wall), "ms", most=most_ms)
        return Compared(mine.answer, {r.name: x.answer for r, x in present})

    def measured(self, operation: str, value: float, unit: str, most: float | None = None) -> None:
        """Add a row for a figure that is no race, with the most that is wanted."""
        wanted = "" if most is None else f"≤ {most:g} {unit}"
        met = "" if most is None else _met(value <= most)
        self.rows.append(Row(operation, "–", f"{value:.3g} {unit}", "", "", "", wanted, met))

    def _take_turns(self, runners: list[_Runner]) -> None:
        end = time.perf_counter() + SPEND_S * len(runners)
        for done in range(MOST_ROUNDS):
            if done >= LEAST_ROUNDS and time.perf_counter() > end:
                return
            for runner in runners:
                slow = bool(runner.wall) and runner.wall[0] >= WARM_UP_UNTIL_S
                if not (slow and runner is not runners[0]):
                    runner.once()

    def _add(self, operation: str, rival: Rival, ours: _Runner, theirs: _Runner) -> None:
        ratio, cpu = _ratio(ours.wall, theirs.wall), _ratio(ours.cpu, theirs.cpu)
        goal = "" if rival.goal is None else f"≤ {rival.goal:g}"
        self.rows.append(
            Row(
                operation, rival.name, _duration(median(ours.wall)), _duration(median(theirs.wall)),
                f"{ratio:.3g}", f"{cpu:.3g}", goal,
                "" if rival.goal is None else _met(ratio <= rival.goal, cpu <= rival.goal),
            )
        )  # fmt: skip

    def _add_missing(self, operation: str, rival: Rival, ours: _Runner) -> None:
        goal = "" if rival.goal is None else f"≤ {rival.goal:g}"
        time = _duration(median(ours.wall))
        self.rows.append(Row(operation, rival.name, time, "not installed", "", "", goal, "unknown"))

    def text(self) -> list[str]:
        """Return the table's lines."""
        cells = [HEAD, *(tuple(vars(row).values()) for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
        lines = [
            "  ".join(_pad(c, w, i) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
            for line in cells
        ]
        rule = "  ".join("─" * width for width in widths)
        return [lines[0], rule, *lines[1:]]


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column in (0, 1, 6, 7) else cell.rjust(width)


def _ratio(ours: list[float], theirs: list[float]) -> float:
    if len(ours) == len(theirs):
        return median(a / max(b, 1e-9) for a, b in zip(ours, theirs, strict=True))
    return median(ours) / max(median(theirs), 1e-9)


def _met(on_the_clock: bool, on_the_processor: bool = False) -> str:
    if on_the_clock:
        return "yes"
    return "by CPU time" if on_the_processor else "no"


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _processor_time() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system

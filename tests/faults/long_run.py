"""The fault suites in their long sizes; writes docs/reliability.md: ``./run faults [--minutes M]``.

Sizes that cannot be reached in the time given are stated as they were run. The table is written
after every batch of tries, so that a run that is stopped leaves what it found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reliability.md"
MEMORY = Path("/dev/shm")
GOOD = {"same project", "refused in words", "opened"}


@dataclass
class Result:
    """What a suite has done so far."""

    done: int = 0
    failures: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    batches: int = 0
    days: list[str] = field(default_factory=list)

    def add(self, key: str, count: float) -> None:
        """Add to a note that counts."""
        self.notes[key] = self.notes.get(key, 0) + count


Batch = Callable[[Path, int, int, Result], None]


@dataclass(frozen=True)
class Suite:
    """One line of the table.

    Attributes
    ----------
    wanted
        How many tries make the long size; ``None``: one batch, which says its size itself.
    batch
        Tries per call of `run`.
    run
        ``run(folder, tries, seed, result)`` adds to `result`.
    """

    title: str
    target: str
    wanted: int | None
    batch: int
    run: Batch


def script(name: str, *args: object) -> dict[str, Any]:
    """Run a script of this folder and return its JSON answer."""
    words = [sys.executable, "-W", "ignore", str(HERE / name), *map(str, args)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr[-500:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def random_kills(folder: Path, tries: int, seed: int, result: Result) -> None:
    answer = script("killed_saves.py", "random", folder, tries, seed)
    result.done += answer["tries"]
    result.failures += answer["lost"]
    result.add("kills inside a write", answer["inside"])


def call_kills(folder: Path, _tries: int, _seed: int, result: Result) -> None:
    answer = script("killed_saves.py", "calls", folder)
    result.done += answer["kills"]
    result.failures += answer["lost"]
    result.notes.update({f"left the {k} file": v for k, v in answer["outcomes"].items()})


def journal_kills(folder: Path, tries: int, seed: int, result: Result) -> None:
    answer = script("killed_journal.py", folder, tries, seed)
    result.done += answer["kills"]
    result.failures += answer["wrong"]
    result.add("edits", answer["edits"])
    most = max(result.notes.get("most seconds lost", 0.0), answer["most seconds lost"])
    result.notes["most seconds lost"] = most


def mutants(folder: Path, tries: int, seed: int, result: Result) -> None:
    _count(script("mutated_files.py", folder, tries, seed)["outcomes"], result)


def mutated_readers(folder: Path, tries: int, seed: int, result: Result) -> None:
    real = os.environ.get("TIEPOINT_REALDATA", str(ROOT.parent / "shared" / "data"))
    if Path(real).is_dir():
        os.environ["TIEPOINT_MUTATE_REAL"] = real
    answer = script("mutated_images.py", folder, tries, seed)
    result.notes["formats"] = len(answer)
    for name, outcomes in answer.items():
        _count(outcomes, result, f"{name}: ")


def _count(outcomes: dict[str, int], result: Result, where: str = "") -> None:
    for outcome, count in outcomes.items():
        result.done += count
        if outcome in GOOD:
            result.add(outcome, count)
        else:
            result.failures += [f"{where}{outcome}"] * count


def interleavings(folder: Path, tries: int, seed: int, result: Result) -> None:
    answer = script("two_users.py", folder, tries, seed)
    result.done += answer["tries"]
    result.failures += answer["overwritten"]
    result.add("saves", answer["saved"])
    result.add("refused", answer["refused"])


def of_pytest(*paths: str, counted: str = "", **settings: int) -> Batch:
    """Return a batch that runs tests; `counted` names the property whose sum is their size."""

    def run(folder: Path, tries: int, _seed: int, result: Result) -> None:
        report = folder / "report.xml"
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
        values = {name: str(tries) for name in settings}
        subprocess.run(
            [*words, f"--junitxml={report}", "-o", "junit_family=xunit1"],
            cwd=ROOT, env={**os.environ, **values}, capture_output=True, check=False,
        )  # fmt: skip
        for case in ElementTree.parse(report).iter("testcase"):
            sizes = [p.get("value") for p in case.iter("property") if p.get("name") == counted]
            bad = case.find("failure") if case.find("error") is None else case.find("error")
            if case.find("skipped") is not None:
                result.add("left out here", 1)
                continue
            result.done += sum(int(size or 0) for size in sizes) if counted else 1
            if bad is not None:
                result.failures.append(f"{case.get('name')}: {(bad.get('message') or '')[:200]}")

    return run


DISK = ("tests/faults/test_disk_errors.py",)
HOSTILE = ("tests/faults/test_hostile_files.py", "tests/faults/test_foreign_hdf5.py",
           "tests/unit/session/test_packing.py")  # fmt: skip
SUITES = (
    Suite("`kill -9` at a random moment of a save", "no loss", 3000, 100, random_kills),
    Suite("kill before, in and after every call that touches the disk",
          "the old file or the new one", None, 1, call_kills),
    Suite("ENOSPC, EIO, EACCES at every call, once and from then on",
          "the old file whole, no false “saved”", None, 1, of_pytest(*DISK, counted="calls")),
    Suite("a file system that is full (tmpfs)", "the old file whole", None, 1,
          of_pytest("tests/faults/test_full_disk.py")),
    Suite("`kill -9` while somebody edits", "at most 1 s of edits lost", 1000, 50, journal_kills),
    Suite("mutated project files with a true seal", "refused in words or the same project",
          10_000, 500, mutants),
    Suite("mutated data files of every format", "opened or refused in words", 10_000, 5,
          mutated_readers),
    Suite("hostile files", "all refused, their targets never opened", None, 1,
          of_pytest(*HOSTILE)),
    Suite("golden files of every format", "all open; migrating twice changes nothing", None, 1,
          of_pytest("tests/unit/project/test_migrations.py")),
    Suite("relink layouts: other drive, renamed, decoy of the same name", "no wrong link", 100, 100,
          of_pytest("tests/unit/project/test_relink.py::test_100_layouts_give_no_wrong_link",
                    counted="layouts", TIEPOINT_RELINKS=1)),
    Suite("two users on one file", "nothing overwritten in silence", 200, 50, interleavings),
)  # fmt: skip
LANES = ((0,), (4,), (5,), (6,), (9, 10, 1, 2, 7, 8, 3))


class Run:
    """Runs suites until they have their size or the time is over."""

    def __init__(self, end: float, share: float, state: Path | None = None) -> None:
        self._end, self._share, self._state = end, share, state
        self._lock = Lock()
        self.results: dict[str, Result] = {}
        if state is not None and state.is_file():
            states = json.loads(state.read_text(encoding="utf-8"))
            self.results = {title: Result(**values) for title, values in states.items()}

    def lane(self, numbers: tuple[int, ...]) -> None:
        """Run some suites one after the other."""
        for number in numbers:
            self._suite(SUITES[number])

    def _suite(self, suite: Suite) -> None:
        result = self.results.get(suite.title, Result())
        began = time.monotonic() - result.seconds
        wanted = None if suite.wanted is None else max(1, round(suite.wanted * self._share))
        parent = MEMORY if os.access(MEMORY, os.W_OK) else None
        while (wanted is None and not result.batches) or (wanted or 0) > result.done:
            if time.monotonic() > self._end:
                break
            left = suite.batch if wanted is None else min(suite.batch, wanted - result.done)
            with tempfile.TemporaryDirectory(dir=parent) as folder:
                try:
                    suite.run(Path(folder), left, result.batches + 1, result)
                except (RuntimeError, OSError, ValueError, KeyError) as error:
                    result.failures.append(f"the suite itself failed: {error}")
                    break
            result.batches += 1
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            result.days = sorted({*result.days[:1], today})
            self._note(suite, result, began)
        self._note(suite, result, began)
        words = f"{suite.title}: {result.done} done, {len(result.failures)} failures"
        sys.stdout.write(f"{words}, {result.seconds:.0f} s\n")
        sys.stdout.flush()

    def _note(self, suite: Suite, result: Result, began: float) -> None:
        result.seconds = time.monotonic() - began
        with self._lock:
            self.results[suite.title] = result
            PAGE.write_text(page(self.results, self._share), encoding="utf-8")
            if self._state is not None:
                states = {title: asdict(found) for title, found in self.results.items()}
                self._state.write_text(json.dumps(states, indent=1), encoding="utf-8")


def page(results: dict[str, Result], share: float) -> str:
    """Return docs/reliability.md."""
    lines = [
        "# Reliability: what was tried, how often, and what happened",
        "",
        "Written by `./run faults` (`tests/faults/long_run.py`); the same suites run in small",
        "sizes with every test run. No failure in N random tries bounds the rate at about 3/N",
        "(95 %); where every case is tried there is nothing to bound.",
        "",
        f"Run on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, files in memory, other "
        "work going on beside it.",
        "",
        "| what | must be | wanted | tried (N) | failures | bound 3/N | time | run on |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    for suite in SUITES:
        result = results.get(suite.title)
        if result is None:
            continue
        wanted = "all" if suite.wanted is None else f"{suite.wanted:,}"
        unbounded = result.failures or not result.done or suite.wanted is None
        bound = "–" if unbounded else _percent(min(3 / result.done, 1.0))
        days = " to ".join(result.days)
        lines.append(
            f"| {suite.title} | {suite.target} | {wanted} | {result.done:,} | "
            f"{len(result.failures)} | {bound} | {result.seconds / 60:.1f} min | {days} |"
        )
    if share < 1:
        lines += ["", f"This run was sized at {share:g} of the long sizes."]
    lines += ["", "In detail:", ""]
    for title, result in results.items():
        notes = "; ".join(f"{key} {value:,}" for key, value in result.notes.items())
        if notes:
            lines.append(f"- {title}: {notes}.")
        lines += [f"  - **failure**: {words}" for words in result.failures[:10]]
    return "\n".join(lines) + "\n"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def main() -> int:
    parser = argparse.ArgumentParser(prog="run faults", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=90.0, help="begin nothing new after that")
    parser.add_argument("--share", type=float, default=1.0, help="of the long sizes")
    parser.add_argument("--state", type=Path, help="file to go on from, and to leave off in")
    options = parser.parse_args()
    run = Run(time.monotonic() + 60 * options.minutes, options.share, options.state)
    with ThreadPoolExecutor(len(LANES)) as pool:
        for lane in [pool.submit(run.lane, numbers) for numbers in LANES]:
            lane.result()
    return 1 if any(result.failures for result in run.results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

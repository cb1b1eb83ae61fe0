"""Saves a project in child processes and kills them; run as a script, answers in JSON.

``python killed_saves.py random FOLDER TRIES SEED`` kills at random moments
of the saves after the first;
``python killed_saves.py calls FOLDER`` kills before, in the middle of and after every call that
touches the disk. Every time the file must hold one whole version: not older than the last one
that was reported as saved, not newer than the one under way.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from itertools import count
from pathlib import Path

import h5py  # noqa: F401 - loaded once, before the children are forked
import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.project import replace
from tiepoint.project.file import load, save
from tiepoint.project.fileops import FileOps
from tiepoint.support.errors import TiepointError

AXES = (Axis(name="y", size=400, unit="nm"), Axis(name="x", size=400, unit="nm"))
DATASETS = tuple(Dataset(id=f"d{i}", name=f"D{i}", axes=AXES, frame=f"f{i}") for i in range(20))


def version(number: int) -> tuple[Project, dict[str, np.ndarray]]:
    """Return the project and the array of one version; nothing in it is like another's."""
    project = Project(id="p", name=f"version {number}", datasets=DATASETS)
    return project, {"map/d0": np.full((400, 400), number, np.float64)}


def whole_version(path: Path) -> int:
    """Return which version a file holds.

    Raises
    ------
    TiepointError
        If it does not hold one whole version.
    """
    loaded = load(path)
    number = int(loaded.project.name.removeprefix("version "))
    project, arrays = version(number)
    same = np.array_equal(loaded.arrays["map/d0"], arrays["map/d0"])
    if loaded.project != project or loaded.warnings or not same:
        raise TiepointError(f"version {number} is not whole: {loaded.warnings}")
    return number


class KillingOps(FileOps):
    """Ends the process at one call: before it, in the middle of it (writing) or after it."""

    def __init__(self, call: int, moment: str) -> None:
        self._left, self._moment = call, moment

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name.startswith("_") or not callable(method):
            return method

        def call(*args):
            self._left -= 1
            if self._left != 0:
                return method(*args)
            if self._moment == "half" and name == "write":
                os.write(args[0], args[1][: len(args[1]) // 2])
            if self._moment == "after":
                method(*args)
            os.kill(os.getpid(), signal.SIGKILL)

        return call


def fork(work) -> int:
    """Run `work` in a child that never returns."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def random_kills(folder: Path, tries: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    path = folder / "p.tiepoint"
    save(*arguments(0, path))
    known, inside, lost = 0, 0, []
    for _ in range(tries):
        reading, writing = os.pipe()

        def work(first: int = known + 1, writing: int = writing) -> None:
            for number in count(first):
                save(*arguments(number, path))
                os.write(writing, number.to_bytes(8, "little"))

        began = time.monotonic()
        pid = fork(work)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read(8)
            one_save = time.monotonic() - began
            select.select([], [], [], chance.uniform(0.0, one_save))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            said += pipe.read()
        reported = int.from_bytes(said[-8:], "little")
        leftovers = list(folder.glob(".*.saving"))
        inside += bool(leftovers)
        for leftover in leftovers:
            leftover.unlink()
        try:
            known = whole_version(path)
            if not reported <= known <= reported + 1:
                lost.append(f"version {known} after {reported} was reported")
        except TiepointError as error:
            lost.append(str(error))
            save(*arguments(known, path))
    return {"tries": tries, "inside": inside, "lost": lost}


def kills_at_every_call(folder: Path) -> dict[str, object]:
    replace.CHUNK = 256 << 10
    lost, kills, outcomes = [], 0, {"old": 0, "new": 0}
    save(*arguments(1, folder / "old.tiepoint"))
    old = (folder / "old.tiepoint").read_bytes()
    for moment in ("before", "half", "after"):
        for call in count(1):
            path = folder / f"{moment}{call}.tiepoint"
            path.write_bytes(old)

            def work(path: Path = path, call: int = call, moment: str = moment) -> None:
                project, target, arrays = arguments(2, path)
                save(project, target, arrays, ops=KillingOps(call, moment))

            _, status = os.waitpid(fork(work), 0)
            try:
                found = whole_version(path)
                outcomes["new" if found == 2 else "old"] += 1
            except TiepointError as error:
                lost.append(f"{moment} call {call}: {error}")
            if not os.WIFSIGNALED(status):
                break
            kills += 1
    return {"kills": kills, "outcomes": outcomes, "lost": lost}


def arguments(number: int, path: Path) -> tuple[Project, Path, dict[str, np.ndarray]]:
    project, arrays = version(number)
    return project, path, arrays


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    began = time.monotonic()
    if mode == "random":
        result = random_kills(folder, int(sys.argv[3]), int(sys.argv[4]))
    else:
        result = kills_at_every_call(folder)
    result["seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()

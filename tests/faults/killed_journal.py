"""Kills a process that edits, and looks at what its journal gives back; answers in JSON.

``python killed_journal.py FOLDER KILLS SEED``. The child edits without pause and writes the number
and the moment of every edit into a pipe; it is killed with SIGKILL at a random moment. The journal
must open, hold one whole state, and lack no edit that was made more than a second before the kill.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.model.registration import LandmarkPair, Registration
from tiepoint.project import edits
from tiepoint.project.journal import About
from tiepoint.project.journal_writer import JournalWriter
from tiepoint.project.recovery import find_recoverable
from tiepoint.project.refit import refit

ALLOWED_S = 1.0
EDIT = struct.Struct("<qd")
AXES = (Axis(name="y", size=400, unit="nm"), Axis(name="x", size=400, unit="nm"))
POINTS = ((10.0, 20.0), (300.0, 40.0), (60.0, 350.0), (340.0, 330.0))


def start() -> Project:
    """Return a project of 20 datasets and a registration."""
    datasets = tuple(Dataset(id=f"d{i}", name=f"D{i}", axes=AXES) for i in range(20))
    pairs = tuple(LandmarkPair(name=f"L{n}", moving=p, fixed=p) for n, p in enumerate(POINTS))
    joined = Registration(id="r", moving="d0", fixed="d1", pairs=pairs)
    return refit(Project(id="p", datasets=datasets, registrations=(joined,)), "r")


def edit_until_killed(folder: Path, pipe: int) -> None:
    """Edit; the number of the edit is the depth of the view and the end of the label."""
    from tiepoint.project.document import Document

    document = Document(start(), author="Ann")
    writer = JournalWriter(folder, lambda: About(name="killed"))
    number = 0
    while True:
        number += 1
        name, depth = f"edit {number}", float(number)
        document.apply(name, lambda p, d=depth, n=name: edits.set_view(depth=d)(p.replace(name=n)))
        writer.record(document.project, document.history[-1:])
        os.write(pipe, EDIT.pack(number, time.monotonic()))
        time.sleep(0.002)


def one_kill(folder: Path, wait_s: float) -> tuple[int, float, int, str]:
    """Return edits made, seconds of edits lost, edits lost, and what went wrong."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            edit_until_killed(folder, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read(EDIT.size)
        select.select([], [], [], wait_s)
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        os.waitpid(pid, 0)
        said += pipe.read()
    made = [
        EDIT.unpack_from(said, at) for at in range(0, len(said) // EDIT.size * EDIT.size, EDIT.size)
    ]
    found = find_recoverable(folder)
    if found.notices or len(found.items) > 1:
        return len(made), 0.0, 0, f"{found.notices} {len(found.items)} journals"
    last = _whole(found.items[0].journal) if found.items else 0
    if last < 0:
        return len(made), 0.0, 0, "the state is not what some edit made"
    lost = [moment for number, moment in made if number > last]
    return len(made), killed - min(lost, default=killed), len(lost), ""


def _whole(journal: Any) -> int:
    """Return which edit's state came back; -1 if it is no edit's."""
    project = journal.project
    number = int(project.view.depth)
    expected = start()
    same = (
        project.name == f"edit {number}"
        and project.datasets
        == tuple(
            d.replace(frame=o.frame)
            for d, o in zip(expected.datasets, project.datasets, strict=True)
        )
        and journal.entries[-1].label == project.name
        and journal.lost == 0
    )
    return number if same else -1


def killed_journals(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill so many times and say how much was lost."""
    chance, began = random.Random(seed), time.monotonic()
    wrong, seconds, lost, edits_made = [], [], [], 0
    for number in range(kills):
        made, lost_s, lost_edits, problem = one_kill(folder, chance.uniform(0.0, 0.25))
        edits_made += made
        seconds.append(lost_s)
        lost.append(lost_edits)
        if problem or lost_s > ALLOWED_S:
            wrong.append(f"kill {number}: {problem or f'{lost_s:.2f} s of edits lost'}")
        for name in folder.iterdir():
            if name.is_file():
                name.unlink()
    return {
        "kills": kills,
        "edits": edits_made,
        "wrong": wrong,
        "most seconds lost": round(max(seconds), 3),
        "median seconds lost": round(sorted(seconds)[kills // 2], 3),
        "most edits lost": max(lost),
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    answer = killed_journals(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(answer))

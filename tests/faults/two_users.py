"""Two users of one project file, in all orders and at the same moment; answers in JSON.

``python two_users.py FOLDER TRIES SEED``. In every try two users open, edit and save the same
file a few times; some saves of the two begin at the same moment. A save that succeeds must have
replaced the very version that its user had read or written last: if two successful saves started
from the same version, one of them overwrote the other in silence.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

from tiepoint.model.project import Project
from tiepoint.project.file import ChangedOnDiskError, FileStamp, load, save

ROUNDS = 3


class User:
    """Somebody who opens, edits and saves."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self.edits = self.refused = 0
        self.saves: list[tuple[str, str]] = []
        self.open()

    def open(self) -> None:
        loaded = load(self.path)
        assert loaded.stamp is not None
        self.project, self.stamp = loaded.project, loaded.stamp

    def save(self) -> None:
        self.edits += 1
        self.project = self.project.replace(name=f"{self.name} {self.edits:04d}")
        expected: FileStamp = self.stamp
        try:
            report = save(self.project, self.path, expected=expected)
        except ChangedOnDiskError:
            self.refused += 1
        else:
            self.saves.append((expected.digest, report.stamp.digest))
            self.stamp = report.stamp


def at_once(users: list[User]) -> None:
    """Have both save at the same moment."""
    barrier = Barrier(len(users))

    def work(user: User) -> None:
        barrier.wait()
        user.save()

    threads = [Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def one_try(path: Path, chance: random.Random) -> tuple[int, int, list[str]]:
    """Return successful saves, refused ones, and what went wrong."""
    first = save(Project(id="p", name="first"), path).stamp.digest
    users = [User("A", path), User("B", path)]
    for _ in range(ROUNDS):
        step = chance.choice(["one", "one", "both", "both", "open"])
        if step == "both":
            at_once(users)
        elif step == "open":
            chance.choice(users).open()
        else:
            chance.choice(users).save()
    saves = dict(pair for user in users for pair in user.saves)
    count = sum(len(user.saves) for user in users)
    wrong = [] if len(saves) == count else ["two saves replaced the same version"]
    version = first
    for _ in range(count):
        version = saves.get(version, "")
    if version != load(path).stamp.digest:  # type: ignore[union-attr]
        wrong.append("the file is not the end of the chain of saves")
    return count, sum(user.refused for user in users), wrong


def interleavings(folder: Path, tries: int, seed: int) -> dict[str, Any]:
    """Run so many tries and count."""
    chance, began = random.Random(seed), time.monotonic()
    saved = refused = 0
    overwritten: list[str] = []
    for number in range(tries):
        path = folder / f"{number}.tiepoint"
        some_saved, some_refused, wrong = one_try(path, chance)
        saved, refused = saved + some_saved, refused + some_refused
        overwritten += [f"try {number}: {words}" for words in wrong]
        for name in folder.iterdir():
            name.unlink()
    return {
        "tries": tries,
        "saved": saved,
        "refused": refused,
        "overwritten": overwritten,
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    answer = interleavings(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(answer))

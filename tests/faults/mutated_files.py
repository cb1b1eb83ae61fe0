"""Opens mutated project files in child processes; run as a script, answers in JSON.

``python mutated_files.py FOLDER COUNT SEED``. Each mutant gets a seal that is true, so that the
guards and the digests inside are what has to hold. A mutant must be refused in words or give
exactly the project that was saved; no crash, no hang, no other exception, at most 2 GiB.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import h5py  # noqa: F401 - loaded once, before the children are forked
import numpy as np

from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset
from tiepoint.model.project import Project
from tiepoint.project.file import load, save
from tiepoint.project.seal import LENGTH, make_seal
from tiepoint.support.errors import TiepointError

AXES = (Axis(name="y", size=60, unit="nm"), Axis(name="x", size=50, unit="nm"))
PROJECT = Project(
    id="p", datasets=tuple(Dataset(id=f"d{i}", name=f"D{i}", axes=AXES) for i in range(3))
)
ARRAYS = {"map/d0": np.arange(3000.0).reshape(60, 50), "thumbnail/d1": np.ones((8, 8), np.uint8)}
OUTCOMES = {0: "same project", 1: "refused in words", 2: "wrong project", 3: "other exception"}


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four mutations, most of them where the structure is."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        size = len(changed)
        place = chance.randrange(size) if chance.random() < 0.5 else chance.randrange(size // 4)
        kind = chance.choice(["bit", "byte", "number", "zeros", "cut", "double", "swap"])
        if kind == "bit":
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == "byte":
            changed[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind == "number":
            word = chance.choice([0, 1, 0xFFFFFFFF, 1 << 31, 1 << 62, (1 << 64) - 1])
            changed[place : place + 8] = word.to_bytes(8, "little")
        elif kind == "zeros":
            changed[place : place + 64] = bytes(64)
        elif kind == "cut":
            del changed[chance.randrange(size // 2, size) :]
        elif kind == "double":
            changed[place:place] = changed[place : place + 200]
        else:
            other = chance.randrange(size)
            changed[place : place + 32], changed[other : other + 32] = (
                changed[other : other + 32],
                changed[place : place + 32],
            )
    return bytes(changed)


def opened(path: Path) -> int:
    """Open one mutant and return the outcome."""
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    signal.alarm(90)
    try:
        loaded = load(path)
    except TiepointError as error:
        return 1 if "\n" not in str(error) else 3
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        sys.stderr.write(f"{path.name}: {error!r}\n")
        return 3
    same = loaded.project == PROJECT and all(
        np.array_equal(values, ARRAYS[key]) for key, values in loaded.arrays.items()
    )
    return 0 if same else 2


def main() -> None:
    folder, tries, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    began = time.monotonic()
    good = save(PROJECT, folder / "good", ARRAYS).path.read_bytes()[:-LENGTH]
    outcomes: Counter[str] = Counter()
    for number in range(tries):
        data = mutate(good, chance)
        path = folder / f"m{number}.tiepoint"
        path.write_bytes(data + make_seal(data, 1)[0])
        pid = os.fork()
        if pid == 0:
            os._exit(opened(path))
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            outcome = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        else:
            outcome = OUTCOMES[os.WEXITSTATUS(status)]
        outcomes[outcome] += 1
        if outcome in ("same project", "refused in words"):
            path.unlink()
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps({"outcomes": outcomes, "seconds": seconds}))


if __name__ == "__main__":
    main()

"""Opens mutated data files of every format in child processes; run as a script, answers in JSON.

``python mutated_images.py FOLDER COUNT SEED [FORMAT …]``. A mutant must open, or be refused in
words at opening or at reading; no crash, no hang, no other exception, at most 10 s and 2 GiB.
With ``TIEPOINT_MUTATE_REAL`` set to a folder, a small file in it of every reader is mutated too.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from typing import TYPE_CHECKING

import tiny_light  # noqa: F401  these add their makers
import tiny_more  # noqa: F401
import tiny_points  # noqa: F401
import tiny_surface  # noqa: F401
from more_seeds import ANSWERS, SEEDS
from tiny_files import MAKERS

from tiepoint.data.decoded import forget_decoded
from tiepoint.data.opening import open_file
from tiepoint.session.foreign import examine_foreign
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOMES = {0: "opened", 1: "refused in words", 3: "other exception"}
LONGEST, LONGEST_WAIT = 10, 90  # seconds of a processor, and on the clock of a busy machine
MOST_MEMORY = 2 << 30
MOST_VALUES = 1 << 24
MOST_REAL_BYTES = 3_000_000


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four mutations, most of them near the beginning."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        size = len(changed)
        near = min(size, 1200) if chance.random() < 0.7 else size
        place = chance.randrange(near)
        kind = chance.choice(["bit", "byte", "number", "short", "zeros", "cut", "double", "digit"])
        if kind == "bit":
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == "byte":
            changed[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind == "number":
            word = chance.choice([0, 1, 0xFFFFFFFF, 1 << 31, 1 << 62, (1 << 64) - 1])
            changed[place : place + 8] = word.to_bytes(8, "little")
        elif kind == "short":
            changed[place : place + 4] = chance.randrange(1 << 32).to_bytes(4, "little")
        elif kind == "zeros":
            changed[place : place + 64] = bytes(min(64, size - place))
        elif kind == "cut":
            del changed[chance.randrange(size // 2, size) :]
        elif kind == "double":
            changed[place:place] = changed[place : place + 100]
        else:
            digits = [i for i in range(near) if 48 <= changed[i] <= 57]
            if digits:
                changed[chance.choice(digits)] = chance.choice(b"0123456789-.e")
    return bytes(changed)


def look(path: Path, answers: dict[str, str] | None = None) -> int:
    """Open and read a mutant as the program would; return the outcome."""
    try:
        _, drafts = open_file(path, answers=answers)
        for draft in drafts:
            draft.original()
            shape = draft.array.shape
            small = np.prod(shape, dtype=float) <= MOST_VALUES
            draft.array[... if small else (0,) * len(shape)]
    except TiepointError as error:
        words = str(error)
        return 1 if words.strip().endswith(".") and "\n" not in words else 3
    except BaseException as error:  # noqa: BLE001  whatever else happens is the finding
        print(f"{path.name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)  # noqa: T201
        return 3
    return 0


def in_child(path: Path, answers: dict[str, str] | None = None) -> str:
    """Return the outcome of looking at a mutant in a process of its own."""
    if path.suffix == ".czi":  # its library can crash: the program examines such files first
        try:
            examine_foreign(path, seconds=60)
        except TiepointError:
            return OUTCOMES[1]
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
        signal.alarm(LONGEST_WAIT)
        forget_decoded()
        os._exit(look(path, answers))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        slow = number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
        return "hang" if slow else f"killed by signal {number}"
    return OUTCOMES.get(os.WEXITSTATUS(status), f"exit {os.WEXITSTATUS(status)}")


def files_of(path: Path) -> list[Path]:
    """Return the files that a mutation may hit."""
    found = [item for item in path.rglob("*") if item.is_file()] if path.is_dir() else [path]
    beside = [item for item in path.parent.iterdir() if item.is_file()] if path.is_file() else []
    return sorted(set(found + beside))


def intact_files(folder: Path, wanted: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name of a format and a file of it, in a folder of its own."""
    for name in wanted or sorted({**MAKERS, **SEEDS}):
        home = folder / name
        home.mkdir()
        whole = SEEDS[name](home) if name in SEEDS else MAKERS[name](home).path
        outcome = look(whole, ANSWERS.get(name))
        if outcome > (1 if name in SEEDS else 0):
            raise SystemExit(f"the intact {name} does not open")
        yield name, Path(whole)
    real = os.environ.get("TIEPOINT_MUTATE_REAL")
    if real and not wanted:
        yield from real_files(Path(real), folder)


def real_files(source: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield a copy of the smallest file of every reader, with what belongs to it."""
    seen = set()
    for path in sorted(source.rglob("*"), key=lambda p: (p.stat().st_size, str(p))):
        if not path.is_file() or not 0 < path.stat().st_size <= MOST_REAL_BYTES:
            continue
        try:
            reader = open_file(path)[0].name
        except TiepointError:
            continue
        if reader in seen:
            continue
        seen.add(reader)
        home = folder / f"real {reader}"
        home.mkdir()
        for partner in path.parent.iterdir():
            if partner.name.startswith(path.stem.partition("_master")[0]) and partner.is_file():
                shutil.copy(partner, home)
        for name in ("results", "phases"):  # of an EBSD scan that is a folder
            if reader == "truepix" and (path.parent / name).is_dir():
                shutil.copytree(path.parent / name, home / name)
        copy = home / path.name
        if in_child(copy) == "opened":
            yield f"real {reader}", copy


def main(folder: Path, count: int, seed: int, wanted: list[str]) -> None:
    """Print the outcomes per format, and what was kept of the mutants that went wrong."""
    chance = random.Random(seed)
    outcomes: dict[str, dict[str, int]] = {}
    for name, whole_path in intact_files(folder, wanted):
        files = files_of(whole_path)
        seen: Counter[str] = Counter()
        for number in range(count):
            target = chance.choice(files)
            whole = target.read_bytes()
            if not whole:
                continue
            mutant = mutate(whole, chance)
            target.write_bytes(mutant)
            started = time.monotonic()
            outcome = in_child(whole_path, ANSWERS.get(name))
            if outcome not in ("opened", "refused in words"):
                keep = folder / f"bad-{name}-{number}-{target.name}"
                keep.write_bytes(mutant)
                print(f"{keep}: {outcome} {time.monotonic() - started:.1f} s", file=sys.stderr)  # noqa: T201
            seen[outcome] += 1
            target.write_bytes(whole)
        outcomes[name] = dict(seen)
    print(json.dumps(outcomes))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

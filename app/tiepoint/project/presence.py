"""Who has a project open: one small hidden file per window beside it, touched every half minute.

Advice only. What keeps a save from overwriting somebody else's is the comparison of digests.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from secrets import token_hex
from threading import Event, Thread
from typing import TYPE_CHECKING

from tiepoint.project.history import now

if TYPE_CHECKING:
    from pathlib import Path

BEAT_S = 30.0
STALE_S = 150.0
_END = ".open"
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Visitor:
    """Somebody who has a project open.

    Attributes
    ----------
    author, host
        Who, and on which computer.
    pid
        Process there.
    since
        ISO 8601, UTC.
    """

    author: str
    host: str
    pid: int
    since: str

    @property
    def words(self) -> str:
        """Who it is, in a sentence: ``Ada on lab-pc`` or ``another window on this computer``."""
        if self.host == this_host():
            who = "Another window on this computer"
            return f"{who} ({self.author})" if self.author else who
        return f"{self.author or 'Somebody'} on {self.host}"


class Presence:
    """Says that a project is open here, until left.

    Parameters
    ----------
    path
        The project file.
    """

    def __init__(self, path: Path, author: str) -> None:
        self.path = path
        self._note = path.with_name(f".{path.name}.{token_hex(6)}{_END}")
        self._visitor = Visitor(author, this_host(), os.getpid(), now())
        self._end = Event()
        self.is_shown = self._write()
        self._thread = Thread(target=self._beat, name="tiepoint-presence", daemon=True)
        if self.is_shown:
            self._thread.start()

    def others(self) -> tuple[Visitor, ...]:
        """Return who else has the project open."""
        return visitors(self.path, but=self._note)

    def leave(self) -> None:
        """Say that it is closed."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(1.0)
        with contextlib.suppress(OSError):
            self._note.unlink()

    def _write(self) -> bool:
        try:
            self._note.write_text(json.dumps(asdict(self._visitor)), encoding="utf-8")
        except OSError:
            return False
        return True

    def _beat(self) -> None:
        while not self._end.wait(BEAT_S):
            try:
                os.utime(self._note)
            except OSError:
                self._write()


def visitors(path: Path, but: Path | None = None) -> tuple[Visitor, ...]:
    """Return who has a project open; what dead windows left behind is removed.

    A window is dead when its process is no more (on this computer), or when it has not been heard
    of for two and a half minutes by the clock of the file system.
    """
    found = []
    with contextlib.suppress(OSError):
        notes = [
            name
            for name in os.listdir(path.parent)
            if name.startswith(f".{path.name}.") and name.endswith(_END)
        ]
        present = _file_clock(path.parent) if notes else 0.0
        for name in notes:
            note = path.with_name(name)
            visitor = _read(note) if note != but else None
            if visitor is None:
                continue
            if _is_dead(visitor, note, present):
                with contextlib.suppress(OSError):
                    note.unlink()
            else:
                found.append(visitor)
    return tuple(sorted(found, key=lambda v: v.since))


def this_host() -> str:
    """Return the name of this computer."""
    return socket.gethostname()


def _read(note: Path) -> Visitor | None:
    try:
        with note.open("rb") as file:
            words = json.loads(file.read(_MOST_BYTES))
        return Visitor(
            str(words["author"]), str(words["host"]), int(words["pid"]), str(words["since"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_dead(visitor: Visitor, note: Path, present: float) -> bool:
    if visitor.host == this_host() and not _lives(visitor.pid):
        return True
    try:
        return present - note.stat().st_mtime > STALE_S
    except OSError:
        return False


def _lives(pid: int) -> bool:
    """Whether a process of this computer lives, as far as one can know."""
    if os.name == "nt":
        return True  # asking would need rights; the heartbeat tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _file_clock(folder: Path) -> float:
    """Return the present by the clock that stamps the files of a folder."""
    probe = folder / f".tiepoint-clock-{token_hex(6)}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()

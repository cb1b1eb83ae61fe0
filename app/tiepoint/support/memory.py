"""How much memory this computer has, and how much of it values read from files may keep."""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

SHARE = 0.25
"""Of the computer's memory, for what is kept of files, unless a person sets another limit."""

LEAST_BYTES = 500_000_000
"""A section, the chunks of the next one and a decoded picture need about so much."""

_UNKNOWN_BYTES = 8_000_000_000


def machine_bytes() -> int:
    """Return the memory that this process may have: the computer's, or its container's if less."""
    try:
        physical = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        physical = _without_sysconf()
    limit = container_bytes()
    return physical if limit is None else min(physical, limit)


def _without_sysconf() -> int:
    try:
        import psutil  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return _UNKNOWN_BYTES
    return int(psutil.virtual_memory().total)


def container_bytes(
    groups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> int | None:
    """Return the tightest memory limit of the control groups of this process; ``None``: no limit.

    Parameters
    ----------
    groups
        Where the control groups are mounted.
    own
        Names the groups of this process, one ``number:controllers:path`` a line; version 2 of
        control groups has no controllers there.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found: list[int] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        place = base / path.strip().lstrip("/")
        found += [_limit(folder / name) for folder in (place, *place.parents) if _in(folder, base)]
    limits = [limit for limit in found if limit > 0]
    return min(limits) if limits else None


def _in(folder: Path, base: Path) -> bool:
    return folder == base or base in folder.parents


def _limit(file: Path) -> int:
    """Return the number in a file, 0 where it is missing or says ``max``."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def give_back_freed() -> None:
    """Give the system back what was freed; only glibc needs to be told.

    Every thread frees into a heap of its own, from which the others take nothing: while chunks
    come and go on several threads, a third of what they take would lie idle.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    import ctypes

    if not sys.platform.startswith("linux"):
        return None
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


def cache_bytes(limit_gb: float | None) -> int:
    """Return how many bytes may be kept of files.

    Parameters
    ----------
    limit_gb
        What a person set; ``None``: a quarter of `machine_bytes`. More than the computer has is
        cut to that, and logged.
    """
    whole = machine_bytes()
    if limit_gb is None:
        return max(LEAST_BYTES, int(whole * SHARE))
    if limit_gb * 1e9 > whole:
        log.warning(
            "a cache of %.3g GB was asked for; this computer has %.3g GB", limit_gb, whole / 1e9
        )
    return min(int(check_cache_limit(limit_gb) * 1e9), max(whole, LEAST_BYTES))


def check_cache_limit(limit_gb: float) -> float:
    """Return a limit for what is kept of files, in GB.

    Raises
    ------
    TiepointError
        If it is too small to draw with, or no number.
    """
    if not limit_gb * 1e9 >= LEAST_BYTES:
        raise TiepointError(
            f"{limit_gb:.3g} GB of memory for data is too little to draw with: give at least"
            f" {LEAST_BYTES / 1e9:.3g} GB, or leave it automatic."
        )
    return limit_gb

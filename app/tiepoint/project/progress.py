"""How far opening a project has come; whoever asked may stop it there."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with a fraction, 0–1, and words; raises to stop."""


def silent(_fraction: float, _words: str) -> None:
    """Tell nobody."""


def counted(
    progress: Progress, words: str, low: float, high: float, total: int
) -> Callable[[int], None]:
    """Return what is to be called with every number of bytes read, while `low` becomes `high`.

    Parameters
    ----------
    total
        How many bytes there are about; more of them leave it at `high`.
    """
    done = 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        progress(low + (high - low) * min(done / max(total, 1), 1.0), words)

    return read

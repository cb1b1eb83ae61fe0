"""When the search for unreachable objects is put off."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collected_later() -> Iterator[None]:
    """Put off the search for unreachable objects; as a context or a decorator.

    Importing and building a window makes some hundred thousand objects that all stay: searching
    them again and again takes a quarter of the start. Of all there is at the end of the first use
    in a process, later searches look at nothing either; later uses leave nothing out for good, so
    that windows that were closed go.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
            gc.enable()

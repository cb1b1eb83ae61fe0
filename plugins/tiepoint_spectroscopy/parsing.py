"""Run RosettaSciIO's readers: quietly, once per file, and without holding files open."""

from __future__ import annotations

import gc
import logging
import threading
import warnings
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tiepoint_spectroscopy.detached import detach, is_detached
from tiepoint_spectroscopy.formats import FORMATS
from tiepoint_spectroscopy.signal import Signal, from_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT_FILES = 8
KEPT_BYTES = 1 << 30

# What the readers say about their own surroundings, or what every such file has.
_NOISE = (
    "lumispy",
    "exspy",
    "holospy",
    "only one spectrum stream",
    "hdr` file",
    "pint",
    "generic signal class",
    "unbcf_fast",
    "converted to uint16",
    "allow_restricted_pickle",
)


@dataclass(frozen=True)
class Parsed:
    """The signals of one file, and what the reader remarked."""

    signals: tuple[Signal, ...]
    notes: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of all values that are in memory."""
        return sum(_bytes_in_memory(signal.data) for signal in self.signals)


_lock = threading.RLock()
_kept: OrderedDict[tuple[str, str, int, int], Parsed] = OrderedDict()


def parse(path: Path, format_name: str) -> Parsed:
    """Read what `path` holds, lazily where the format allows, anew or from the last time.

    Nothing is kept whose arrays hold the file open: such files are parsed anew for every read.

    Raises
    ------
    Exception
        Whatever the reader of this format raises at a damaged file.
    """
    stat = path.stat()
    key = (format_name, str(path), stat.st_size, stat.st_mtime_ns)
    with _lock:
        parsed = _kept.get(key)
        if parsed is None:
            parsed = _read(path, format_name)
            if not all(is_detached(signal.data) for signal in parsed.signals):
                return parsed
            _kept[key] = parsed
            _forget()
        _kept.move_to_end(key)
        return parsed


def forget_all() -> None:
    """Drop everything that was kept from earlier reads."""
    with _lock:
        _kept.clear()


def _forget() -> None:
    while len(_kept) > 1 and (
        len(_kept) > KEPT_FILES or sum(parsed.nbytes for parsed in _kept.values()) > KEPT_BYTES
    ):
        _kept.popitem(last=False)


def _read(path: Path, format_name: str) -> Parsed:
    spec = FORMATS[format_name]
    path = _leading(path, spec.leader)
    if spec.guard:
        _named(spec.guard)(path)
    if spec.lazy and spec.module.startswith("rsciio."):
        # First: an import that fails inside a reader would keep the reader's frame, and its file.
        import_module("dask.array")
    reader = import_module(spec.module).file_reader
    options: dict[str, Any] = dict(spec.options)
    if spec.lazy:
        options["lazy"] = True
    with _lock, _listening() as remarks:
        try:
            entries = reader(str(path), **options)
        except (NotImplementedError, TypeError, ValueError):
            # A flavour of the format that its reader cannot leave in the file (RGB, ragged).
            if not spec.lazy:
                raise
            entries = reader(str(path), **{**options, "lazy": False})
        signals = [from_dictionary(entry) for entry in entries or [] if "data" in entry]
        del entries
        for signal in signals:
            signal.data = detach(str(path), signal.data)
        if spec.adjust:
            signals = _named(spec.adjust)(path, signals)
    if spec.cyclic:
        gc.collect()
    return Parsed(tuple(signals), tuple(dict.fromkeys(remarks)))


def _named(target: str) -> Any:
    module, _, function = target.partition(":")
    return getattr(import_module(module), function)


def _leading(path: Path, leader: dict[str, str]) -> Path:
    """Return the file of a pair that the reader wants, for example the .mib of a .hdr."""
    wanted = leader.get(path.suffix.lower())
    if wanted is None:
        return path
    found = [p for p in path.parent.glob(f"{path.stem}.*") if p.suffix.lower() == wanted]
    return found[0] if found else path


class _Listener(logging.Handler):
    def __init__(self, remarks: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.remarks = remarks
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if threading.get_ident() == self.thread:
            _add(self.remarks, record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect what the readers log and warn, instead of letting them print it."""
    import_module("rsciio")
    remarks: list[str] = []
    logger = logging.getLogger("rsciio")
    handlers, propagates = logger.handlers[:], logger.propagate
    logger.handlers[:], logger.propagate = [_Listener(remarks)], False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield remarks
    finally:
        logger.handlers[:], logger.propagate = handlers, propagates
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            _add(remarks, str(warning.message))


def _add(remarks: list[str], text: str) -> None:
    if not any(noise in text for noise in _NOISE):
        remarks.append(" ".join(text.split())[:240])


def _bytes_in_memory(data: Any) -> int:
    return 0 if hasattr(data, "dask") else int(getattr(data, "nbytes", 0))

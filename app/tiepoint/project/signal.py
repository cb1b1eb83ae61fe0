"""One small signal: callbacks in the order in which they were connected."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Ts = TypeVarTuple("Ts")


class Signal(Generic[*Ts]):
    """Calls every connected function with the emitted values, on the emitting thread."""

    def __init__(self) -> None:
        self._callbacks: dict[int, Callable[[*Ts], object]] = {}
        self._tokens = count(1)

    def connect(self, callback: Callable[[*Ts], object]) -> int:
        """Connect `callback` and return the token that disconnects it."""
        token = next(self._tokens)
        self._callbacks[token] = callback
        return token

    def disconnect(self, token: int) -> None:
        """Disconnect; a token that is already disconnected is ignored."""
        self._callbacks.pop(token, None)

    def emit(self, *values: *Ts) -> None:
        """Call every callback; one that fails does not keep the others from hearing.

        Raises
        ------
        ExceptionGroup
            With the errors of the callbacks, after all of them were called.
        """
        errors: list[Exception] = []
        for token, callback in list(self._callbacks.items()):
            if token not in self._callbacks:
                continue
            try:
                callback(*values)
            except Exception as error:  # noqa: BLE001 - raised below, after the others heard
                errors.append(error)
        if errors:
            raise ExceptionGroup("a listener failed", errors)

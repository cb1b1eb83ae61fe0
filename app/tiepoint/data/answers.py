"""What a file does not say and only a person can: asked for by readers, kept with the dataset."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray

    Preview = Callable[[Mapping[str, str]], AnyArray]

LENGTHS = ("nm", "µm", "mm")


@dataclass(frozen=True)
class Ask:
    """One thing to ask.

    Attributes
    ----------
    key
        Name of the answer.
    label
        Words for people.
    choices
        What may be answered; empty: a number.
    suggestion
        What the file makes likely: shown first, never taken without the person.
    """

    key: str
    label: str
    choices: tuple[str, ...] = ()
    suggestion: str = ""


@dataclass(frozen=True)
class Question:
    """Everything that a reader needs to know about one file.

    Attributes
    ----------
    topic
        Answers to questions of one topic are remembered together, per folder.
    words
        A sentence: what the file does not say.
    asks
        What to ask.
    preview
        Returns a (rows, columns) picture of what some answers would give; raises `TiepointError`
        where they do not fit the file.
    """

    topic: str
    words: str
    asks: tuple[Ask, ...]
    preview: Preview | None = None


class MissingAnswer(TiepointError):
    """A file can be opened once a question is answered."""

    def __init__(self, path: Path, question: Question) -> None:
        keys = ", ".join(ask.key for ask in question.asks)
        super().__init__(
            f"{path.name}: {question.words} Add it in the window, which asks, or give the answers"
            f" ({keys}) with --answer."
        )
        self.path = path
        self.question = question


_given: ContextVar[Mapping[str, str]] = ContextVar("answers", default={})  # noqa: B039
_used: ContextVar[dict[str, str] | None] = ContextVar("used answers", default=None)


def answers_to(path: Path, question: Question) -> dict[str, str]:
    """Return the answers to a question, for a reader.

    Raises
    ------
    MissingAnswer
        If they were not given.
    TiepointError
        If an answer is not among the choices, or no positive number.
    """
    given = _given.get()
    found = {ask.key: given[ask.key] for ask in question.asks if ask.key in given}
    if len(found) < len(question.asks):
        raise MissingAnswer(path, question)
    for ask in question.asks:
        _check(path, ask, found[ask.key])
    used = _used.get()
    if used is not None:
        used.update(found)
    return found


def _check(path: Path, ask: Ask, answer: str) -> None:
    if ask.choices:
        if answer not in ask.choices:
            raise TiepointError(
                f"{path.name}: {answer!r} is no answer to {ask.label!r}; choose one of"
                f" {', '.join(ask.choices)}."
            )
        return
    try:
        sound = float(answer) >= 0
    except ValueError:
        sound = False
    if not sound:
        raise TiepointError(f"{path.name}: {ask.label!r} is a number, not {answer!r}.")


@contextmanager
def answering(answers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give readers answers for a while; yields those that they took."""
    used: dict[str, str] = {}
    tokens = _given.set(answers), _used.set(used)
    try:
        yield used
    finally:
        _given.reset(tokens[0])
        _used.reset(tokens[1])

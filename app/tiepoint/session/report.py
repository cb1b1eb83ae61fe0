"""What the Register panel says about a registration, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PairRow:
    """One landmark pair. Lengths are in the fixed dataset's unit; ``None``: not known.

    Attributes
    ----------
    residual, left_out
        Length of the residual with the pair in the fit, and with it left out.
    fle
        Its combined localisation error, 1 σ per axis.
    flagged
        Whether it contradicts the others at the 5 % level.
    """

    id: str
    name: str
    active: bool
    residual: float | None
    left_out: float | None
    fle: float | None
    flagged: bool
    colour: str


@dataclass(frozen=True)
class Question:
    """Something only the person can answer.

    Attributes
    ----------
    text
        The question.
    answers
        ``(answer, words on the button)``.
    """

    text: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class BranchRow:
    """One alternative registration of the same two datasets.

    Attributes
    ----------
    left_out
        RMS left-out error in the fixed dataset's unit; ``None``: not known.
    """

    id: str
    name: str
    in_use: bool
    pairs: int
    model: str
    left_out: float | None


@dataclass(frozen=True)
class RegistrationReport:
    """Everything a person sees of a registration.

    Attributes
    ----------
    title
        ``"HAADF → CT"``.
    model, models, suggested
        The model in use, the ones that fit the dimensions with their labels, and the one that
        the pairs support best (empty if none can be named).
    level
        ``good``, ``check``, ``poor`` or ``unknown``.
    headline
        The 95 % error where it matters, or why it cannot be known.
    reasons
        At most two sentences, each with the pair (id, name) that it names.
    summary
        ``"5 pairs · ν = 6 · similarity"``.
    advice
        Where one more pair would help, with the words ``dotted circle``; empty where none would.
    disagreement
        That a loop of registrations does not close, and which is at fault; empty if all agree.
    branches
        All alternatives, this one among them.
    """

    title: str
    model: str
    models: tuple[tuple[str, str], ...]
    suggested: str
    level: str
    headline: str
    reasons: tuple[tuple[str, tuple[str, str] | None], ...]
    summary: str
    rows: tuple[PairRow, ...]
    unit: str | None
    questions: tuple[Question, ...] = ()
    advice: str = ""
    disagreement: str = ""
    branches: tuple[BranchRow, ...] = ()

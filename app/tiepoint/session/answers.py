"""Answers that a person gave about files, remembered per folder and topic."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from tiepoint.support.paths import state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tiepoint.data.answers import Question

log = logging.getLogger(__name__)
MOST = 500


def remembered(path: Path, question: Question) -> dict[str, str]:
    """Return what was answered last about a file of this folder; to be shown, not to be taken."""
    found = _load().get(_key(path, question), {})
    return {ask.key: found[ask.key] for ask in question.asks if ask.key in found}


def remember(path: Path, question: Question, answers: Mapping[str, str]) -> None:
    """Note answers for the next file of this folder; failing to is logged, never raised."""
    known = _load()
    known.pop(_key(path, question), None)
    known[_key(path, question)] = dict(answers)
    kept = dict(list(known.items())[-MOST:])
    try:
        _file().write_text(json.dumps(kept, indent=1), encoding="utf-8")
    except OSError as error:
        log.warning("answers could not be remembered: %s", error)


def _key(path: Path, question: Question) -> str:
    return f"{path.absolute().parent}/{question.topic}"


def _load() -> dict[str, dict[str, str]]:
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(key): {str(k): str(v) for k, v in value.items()}
        for key, value in found.items()
        if isinstance(value, dict)
    }


def _file() -> Path:
    return state_folder() / "answers.json"

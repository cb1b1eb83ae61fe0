"""``--answer KEY=VALUE``: what a file does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace


def given_answers(options: Namespace) -> dict[str, str]:
    """Return ``--answer KEY=VALUE`` as a mapping.

    Raises
    ------
    TiepointError
        If one is written in another way.
    """
    pairs = [text.partition("=") for text in options.answer or ()]
    wrong = next((key for key, mark, _ in pairs if not mark), None)
    if wrong is not None:
        raise TiepointError(f"--answer {wrong}: write KEY=VALUE, such as unit=µm.")
    return {key.strip(): value.strip() for key, _, value in pairs}

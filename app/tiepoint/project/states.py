"""A state of a project as words: the parts that did not change since another state are shared.

A state names its parts (datasets, registrations, regions …) by the digest of their words, so that
a hundred states of a project cost little more than one. The journal and the history both keep
states in this form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from tiepoint.model.project import Project
from tiepoint.project.consistency import require_consistent
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

LISTS = "lists"
HEAD = "head"


@dataclass(frozen=True)
class State:
    """One state of a project.

    Attributes
    ----------
    words
        UTF-8 JSON: everything but the parts, and the digests of the parts in order.
    parts
        Words of the parts by their digest.
    """

    words: bytes
    parts: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """What tells this state from others."""
        return digest_of(self.words)


def digest_of(words: bytes) -> str:
    """Return the digest by which words are named: 32 hex digits of BLAKE2b."""
    return blake2b(words, digest_size=16).hexdigest()


@dataclass
class StateMaker:
    """Makes states of successive values of one project; parts that it saw last are not redone."""

    _known: dict[int, tuple[BaseModel, str, bytes]] = field(default_factory=dict)

    def state(self, project: Project) -> State:
        """Return the state of a value."""
        known: dict[int, tuple[BaseModel, str, bytes]] = {}
        lists: dict[str, list[str]] = {}
        parts: dict[str, bytes] = {}
        for name in type(project).model_fields:
            value = getattr(project, name)
            if isinstance(value, tuple) and value and all(isinstance(v, BaseModel) for v in value):
                lists[name] = []
                for part in value:
                    _, digest, words = known[id(part)] = self._words_of(part)
                    lists[name].append(digest)
                    parts[digest] = words
        self._known = known
        head = project.model_dump(mode="json", exclude=set(lists))
        return State(_json({HEAD: head, LISTS: lists}), parts)

    def _words_of(self, part: BaseModel) -> tuple[BaseModel, str, bytes]:
        known = self._known.get(id(part))
        if known is not None and known[0] is part:
            return known
        words = _part_words(part)
        return part, digest_of(words), words


def _part_words(part: BaseModel) -> bytes:
    try:
        return part.model_dump_json().encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        return _json(part.model_dump(mode="json"))  # a file name that is not UTF-8


def _json(value: object) -> bytes:
    words = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return words.encode("utf-8", "backslashreplace")


def project_of(words: bytes, parts: Mapping[str, bytes]) -> Project:
    """Return the project that a state describes.

    Raises
    ------
    TiepointError
        If a part is missing or damaged, or the whole is no consistent project.
    """
    try:
        state = json.loads(words)
        values: dict[str, Any] = dict(state[HEAD])
        for name, digests in state[LISTS].items():
            values[name] = [json.loads(_intact(parts, digest)) for digest in digests]
        project = Project.model_validate(values)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise TiepointError("This state of the project is damaged.") from error
    require_consistent(project)
    return project


def digests_in(words: bytes) -> set[str]:
    """Return the digests of the parts that a state names."""
    return {digest for digests in json.loads(words)[LISTS].values() for digest in digests}


def _intact(parts: Mapping[str, bytes], digest: str) -> bytes:
    words = parts[digest]
    if digest_of(words) != digest:
        raise ValueError("a part is not what was written")
    return words

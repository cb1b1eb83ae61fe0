"""The states to which one can go back after reopening a project: bounded, and stored once each.

They travel in the project file as an embedded array of bytes: an older program leaves them out,
and a damaged one costs the way back, never the project.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.project.states import StateMaker, digests_in, project_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tiepoint.model.dataset import Link
    from tiepoint.model.project import Project
    from tiepoint.project.states import State
    from tiepoint.support.arrays import AnyArray

PAST_KEY = "history/states"
MOST_STATES = 200
MOST_BYTES = 32 << 20


@dataclass(frozen=True)
class Past:
    """States by the id of the operation that led to them.

    Attributes
    ----------
    states
        UTF-8 JSON of each state.
    parts
        Words of the parts that the states name, by digest.
    """

    states: Mapping[str, bytes]
    parts: Mapping[str, bytes]

    def project(self, entry_id: str) -> Project:
        """Return the project as it was after an operation.

        Raises
        ------
        TiepointError
            If the state is not known or damaged.
        """
        try:
            words = self.states[entry_id]
        except KeyError:
            raise TiepointError("This state is older than those that are kept.") from None
        return project_of(words, self.parts)


NO_PAST = Past({}, {})


@dataclass
class PastMaker:
    """Collects the states that a file keeps; a state that was saved before is not made again."""

    _maker: StateMaker = field(default_factory=StateMaker)
    _made: dict[str, State] = field(default_factory=dict)

    def past(self, values: Mapping[str, Project], older: Past, order: Iterable[str]) -> Past:
        """Return the past to be saved.

        Parameters
        ----------
        values
            States of this run by operation.
        older
            Those that came from the file.
        order
            Ids of the operations, oldest first.
        """
        made = {
            key: self._made.get(key) or self._maker.state(value) for key, value in values.items()
        }
        self._made = made
        states: dict[str, bytes] = {}
        parts: dict[str, bytes] = {}
        size = 0
        for key in reversed(list(order)):
            found = _found(key, made, older)
            if found is None:
                continue
            words, needed = found
            size += len(words) + sum(len(w) for d, w in needed.items() if d not in parts)
            if len(states) == MOST_STATES or size > MOST_BYTES:
                break
            states[key] = words
            parts.update(needed)
        return Past(states, parts)


def _found(
    key: str, made: Mapping[str, State], older: Past
) -> tuple[bytes, Mapping[str, bytes]] | None:
    if key in made:
        return made[key].words, made[key].parts
    if key not in older.states:
        return None
    words = older.states[key]
    try:
        return words, {digest: older.parts[digest] for digest in digests_in(words)}
    except (ValueError, KeyError, TypeError):
        return None


def past_to_array(past: Past) -> AnyArray:
    """Return a past as bytes, compressed."""
    words = {
        "states": {key: value.decode("utf-8", "replace") for key, value in past.states.items()},
        "parts": {key: value.decode("utf-8", "replace") for key, value in past.parts.items()},
    }
    packed = zlib.compress(json.dumps(words, ensure_ascii=True).encode(), 3)
    return np.frombuffer(packed, np.uint8)


def past_from_array(values: AnyArray) -> Past:
    """Return the past from its bytes; an empty one if they are not understood."""
    try:
        unpacker = zlib.decompressobj()
        words = unpacker.decompress(np.asarray(values, np.uint8).tobytes(), 4 * MOST_BYTES)
        if unpacker.unconsumed_tail:
            return NO_PAST
        found = json.loads(words)
        return Past(
            {str(key): str(value).encode() for key, value in found["states"].items()},
            {str(key): str(value).encode() for key, value in found["parts"].items()},
        )
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return NO_PAST


def with_present_links(value: Project, present: Project) -> Project:
    """Return an earlier state whose data are looked for where they are known to be now.

    Only data of the same content: a link to other content belongs to the state.
    """
    links = {d.id: d.link for d in present.datasets}
    datasets = tuple(
        dataset.replace(link=links[dataset.id])
        if _same_content(dataset.link, links.get(dataset.id))
        else dataset
        for dataset in value.datasets
    )
    if all(new is old for new, old in zip(datasets, value.datasets, strict=True)):
        return value
    return value.replace(datasets=datasets)


def _same_content(one: Link | None, other: Link | None) -> bool:
    """Whether two links lead to the same content by different ways."""
    if one is None or other is None or one == other or not one.fast_hash:
        return False
    return (one.fast_hash, one.inner) == (other.fast_hash, other.inner)

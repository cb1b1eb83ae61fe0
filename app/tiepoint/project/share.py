"""A copy for other people: without the names of persons and without absolute paths.

Names stand in fields made for them (author, operator, user …) and, with the paths of home folders,
in any text: labels of the history, vendor metadata, warnings. The former are emptied; in the
latter every known name and every absolute path is replaced. Nothing inside of data files changes.
"""

from __future__ import annotations

import getpass
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from tiepoint.model.project import Project
from tiepoint.project.history import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiepoint.model.dataset import Link

REMOVED = "(removed)"
_PERSON = re.compile(
    r"(^|[^a-z])(user|username|user_?name|operator|author|authors|owner|experimenter|creator|person"
    r"|investigator|analyst|scientist|client|customer|login|account|e_?mail|phone|address|orcid"
    r"|host|hostname|computer|computer_?name|machine_?name|work_?station)([^a-z]|$)",
)
_NOT_A_PERSON = {"software", "instrument", "microscope", "detector"}
_UNIX = re.compile(r"(?<![\w.~:/\\-])~?/(?:[^\s/\"'<>|;,]+/)+[^\s/\"'<>|;,)]*")
_WINDOWS = re.compile(
    r"(?<!\w)(?:[A-Za-z]:[\\/]|\\\\)[^\s\"<>|;,]+(?: [^\s\"<>|;,\\/]+[\\/][^\s\"<>|;,]*)*"
)
_SHORTEST_NAME = 3
_NOBODY = {"root", "home", "user", "admin", "demo", "tiepoint", "tiepoint demo"}
_FREE = {"metadata"}
_STRUCTURE = {
    "id", "moving", "fixed", "dataset", "source", "frame", "model", "kind", "shape", "technique",
    "colormap", "colour", "blending", "unit", "dtype", "role", "type", "fast_hash", "content_hash",
    "reader", "inner", "relative", "path", "format", "when", "created", "version", "software",
}  # fmt: skip


@dataclass(frozen=True)
class Shared:
    """What is to be saved as the shared copy.

    Attributes
    ----------
    removed
        What was taken out, by kind: how often.
    """

    project: Project
    history: tuple[HistoryEntry, ...]
    removed: dict[str, int]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was removed, in words."""
        if not self.removed:
            return ("There was nothing to remove.",)
        return tuple(f"{count} × {kind}" for kind, count in sorted(self.removed.items()))


def known_names(project: Project, history: Iterable[HistoryEntry], *more: str) -> tuple[str, ...]:
    """Return the names of persons that may stand in texts: authors, this user, the home folder."""
    names = {entry.author for entry in history} | {r.author for r in project.regions} | set(more)
    names |= {Path.home().name}
    try:
        names.add(getpass.getuser())
    except (OSError, KeyError):
        pass
    names |= {part for name in names for part in name.split() if len(part) > _SHORTEST_NAME}
    found = {name.strip() for name in names if len(name.strip()) >= _SHORTEST_NAME}
    found = {name for name in found if name.lower() not in _NOBODY}
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def shared(
    project: Project, history: tuple[HistoryEntry, ...], names: Iterable[str] = ()
) -> Shared:
    """Return a project and its history without names of persons and absolute paths.

    Parameters
    ----------
    names
        Names to look for in texts, longest first (`known_names`).

    Notes
    -----
    The states to which one can go back are not part of a shared copy.
    """
    cleaner = _Cleaner(_pattern(names))
    words = project.model_dump(mode="json")
    for dataset, value in zip(project.datasets, words["datasets"], strict=True):
        value["link"] = cleaner.link(dataset.link) if dataset.link is not None else None
    clean = cleaner.clean(words)
    entries = [cleaner.clean(entry.model_dump(mode="json")) for entry in history]
    return Shared(
        Project.model_validate(clean),
        tuple(HistoryEntry.model_validate(entry) for entry in entries),
        dict(cleaner.removed),
    )


@dataclass
class _Cleaner:
    """Goes through JSON values and counts what it takes out."""

    names: re.Pattern[str] | None
    removed: Counter[str] = field(default_factory=Counter)

    def clean(self, value: Any, key: str = "", *, free: bool = False) -> Any:
        """Return a value without names and paths.

        Parameters
        ----------
        key
            The field it stands in.
        free
            Whether it is part of somebody else's metadata, where no word has a meaning for us.
        """
        if isinstance(value, dict):
            return {
                (self._text(k) if free else k): self.clean(v, k, free=free or k in _FREE)
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self.clean(item, key, free=free) for item in value]
        if not isinstance(value, str) or (key in _STRUCTURE and not free):
            return value
        return self._about_a_person(value) if _is_personal(key) else self._text(value)

    def link(self, link: Link) -> dict[str, Any]:
        """Return a link that is looked for beside the project, by the file's own name."""
        self.removed["absolute path of a data file"] += 1
        relative = link.relative or ""
        inside = relative and not relative.startswith("..") and not PurePosixPath(relative).root
        name = _last_part(link.path)
        words = link.model_dump(mode="json")
        return {**words, "path": name, "relative": relative if inside else name, "mtime": 0.0}

    def _about_a_person(self, value: str) -> str:
        if value:
            self.removed["name of a person or computer"] += 1
        return ""

    def _text(self, value: str) -> str:
        if len(value) < _SHORTEST_NAME:
            return value
        packed = self._packed(value)
        if packed is not None:
            return packed
        value, paths = _WINDOWS.subn(lambda m: _last_part(m[0]) or REMOVED, value)
        value, more = _UNIX.subn(lambda m: _last_part(m[0]) or REMOVED, value)
        if paths + more:
            self.removed["absolute path in a text"] += paths + more
        if self.names is not None:
            value, count = self.names.subn(REMOVED, value)
            if count:
                self.removed["name in a text"] += count
        return value

    def _packed(self, value: str) -> str | None:
        """Return JSON within a text cleaned as JSON; ``None`` if it is none."""
        if value[:1] not in "{[":
            return None
        try:
            inside = json.loads(value)
        except (ValueError, RecursionError):
            return None
        return json.dumps(self.clean(inside, free=True), ensure_ascii=False)


def _is_personal(key: str) -> bool:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
    return words not in _NOT_A_PERSON and _PERSON.search(words) is not None


def _last_part(path: str) -> str:
    pure = PureWindowsPath(path) if "\\" in path or path[1:2] == ":" else PurePosixPath(path)
    return pure.name


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    words = [re.escape(name) for name in names]
    if not words:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])", re.IGNORECASE)

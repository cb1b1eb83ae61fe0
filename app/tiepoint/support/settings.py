"""Settings of the program, versioned; a damaged file never blocks the start."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tiepoint.support.memory import LEAST_BYTES
from tiepoint.support.paths import settings_folder

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
MOST_RECENT = 12


class Settings(BaseModel):
    """What the program remembers between runs.

    Attributes
    ----------
    copies_limit_gb
        What local copies of spectrum images and levels of volumes may take on the disk; 0: none.
    cache_limit_gb
        Memory that values read from files may keep; ``None``: a quarter of the computer's.
    scheduler
        Address of a dask scheduler (``tcp://host:port``) for heavy work; empty: this computer.
    data_folders
        Folders that files may draw values from although they lie elsewhere (facility data).
    """

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    version: int = 1
    theme: Literal["dark", "light"] = "dark"
    font_size_pt: int = 10
    author: str = ""
    recent: tuple[str, ...] = ()
    tour_seen: bool = False
    copies_limit_gb: float = Field(20.0, ge=0)
    cache_limit_gb: float | None = Field(None, ge=LEAST_BYTES / 1e9)
    scheduler: str = ""
    data_folders: tuple[str, ...] = ()

    def with_recent(self, path: str) -> Settings:
        """Return the settings with `path` first among the recent projects."""
        rest = [other for other in self.recent if other != path]
        return self.model_copy(update={"recent": (path, *rest)[:MOST_RECENT]})


def load_settings() -> Settings:
    """Read the settings; what cannot be understood is replaced by its default."""
    path = _file()
    try:
        known = json.loads(path.read_bytes())
        return _sound(known, path) if isinstance(known, dict) else Settings.model_validate(known)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValidationError, ValueError) as error:
        log.warning("settings in %s were not understood and start afresh: %s", path, error)
        return Settings()


def _sound(known: dict[str, object], path: Path) -> Settings:
    """Return settings without those that are not understood; the others stay as they were."""
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        for each in error.errors():
            log.warning(
                "the setting %s in %s takes its default: %s", each["loc"][0], path, each["msg"]
            )
        bad = {each["loc"][0] for each in error.errors()}
        return Settings.model_validate({k: v for k, v in known.items() if k not in bad})


def save_settings(settings: Settings) -> None:
    """Write the settings; failing to is logged, never raised."""
    path = _file()
    try:
        part = path.with_suffix(".part")
        part.write_text(json.dumps(settings.model_dump(), indent=1), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        log.warning("settings could not be written to %s: %s", path, error)


def user_name() -> str:
    """Return the name under which the person is logged in; empty where the system has none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _file() -> Path:
    return settings_folder() / "settings.json"

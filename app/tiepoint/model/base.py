"""The base of every value in a project."""

from __future__ import annotations

from typing import Any, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value. Fields that a newer version wrote are kept and written back."""

    model_config = ConfigDict(frozen=True, extra="allow", ser_json_inf_nan="strings")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with `changes`, validated; parts that did not change are shared."""
        unknown = set(changes) - set(type(self).model_fields)
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {sorted(unknown)}")
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**values, **(self.model_extra or {}), **changes})


def new_id() -> str:
    """Return a new UUID as text."""
    return str(uuid4())

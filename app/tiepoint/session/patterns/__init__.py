"""Patterns of places, mean patterns and virtual images of a session."""

from tiepoint.session.patterns.facade import Patterns

__all__ = ["Patterns"]

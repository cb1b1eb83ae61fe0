"""Readers of the electron family."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

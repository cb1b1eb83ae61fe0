"""Readers of the light family."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

"""Readers of the diffraction family."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

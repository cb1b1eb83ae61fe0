"""Readers of the tomography family."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

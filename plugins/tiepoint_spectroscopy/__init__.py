"""Readers of the spectroscopy family."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

"""Readers of surfaces: atomic force microscopy and profilometry."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = ()

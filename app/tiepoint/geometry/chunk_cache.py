"""Chunks of files kept in memory."""

from __future__ import annotations

from tiepoint.support.array_cache import ArrayCache


class ChunkCache(ArrayCache):
    """Chunks that were drawn, by the array they belong to and their place in it."""

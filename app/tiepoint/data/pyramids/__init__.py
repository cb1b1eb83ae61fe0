"""Pyramids of large data as OME-Zarr: planned, written piece by piece, kept in the cache."""

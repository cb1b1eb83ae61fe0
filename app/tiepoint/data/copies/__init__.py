"""Local copies of spectrum images in a form that answers fast: small chunks, or single events.

A copy holds the very values of its file, is checked chunk by chunk, and is only ever taken where
the file is the one that it was made from. Without a copy everything works, only slower.
"""

"""The command line: the same session without a window."""

from tiepoint.cli.main import main

__all__ = ["main"]

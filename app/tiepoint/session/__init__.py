"""The one session behind the window, the command line, notebooks and tests."""

from tiepoint.session.session import Session

__all__ = ["Session"]

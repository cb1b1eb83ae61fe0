"""``python -m tiepoint`` and the ``tiepoint`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end with its exit code."""
    from tiepoint.cli import main as run

    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support

        freeze_support()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

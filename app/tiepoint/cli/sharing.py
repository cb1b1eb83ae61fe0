"""``recover`` and ``share``: what was not saved, and a copy for other people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.cli import output
from tiepoint.session import Session
from tiepoint.session.recovering import discard, find_recoverable, recovered
from tiepoint.session.sharing import share

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.session.recovering import Recoverable


def do_recover(options: Namespace) -> None:
    """List unsaved changes of windows that are no more; with a folder, save them as copies."""
    found = find_recoverable()
    rows = [_row(item) for item in found.items]
    if options.out is not None:
        folder = Path(options.out)
        folder.mkdir(parents=True, exist_ok=True)
        for item, row in zip(found.items, rows, strict=True):
            row["copy"] = str(_save_copy(item, folder))
    if options.json:
        output.say_json({"found": rows, "warnings": list(found.notices)})
        return
    for row in rows:
        output.say(f"{row['name']}  {row['when']}  {len(row['edits'])} unsaved changes")
        for label in row["edits"]:
            output.say(f"  {label}")
        if "copy" in row:
            output.say(f"  saved as {row['copy']}")
    for words in found.notices:
        output.say(f"! {words}")
    if not rows:
        output.say("There are no unsaved changes to recover.")
    elif options.out is None:
        output.say("Save them as copies with: tiepoint recover --out DIR")


def _row(item: Recoverable) -> dict[str, Any]:
    return {
        "name": item.name,
        "project": item.journal.about.path or None,
        "when": item.when,
        "edits": list(item.edits),
    }


def _save_copy(item: Recoverable, folder: Path) -> Path:
    """Save a copy under a free name; only then what was kept is removed."""
    path, number = folder / f"{item.name} recovered.tiepoint", 1
    while path.exists():
        number += 1
        path = folder / f"{item.name} recovered {number}.tiepoint"
    session = recovered(item)
    saved = session.save(path).path
    session.close()
    discard(item)
    return saved


def do_share(options: Namespace) -> None:
    """Write a copy without names of persons and absolute paths, and say what was removed."""
    session = Session.open(Path(options.project))
    copy = share(session, Path(options.out))()
    session.close()
    if options.json:
        output.say_json({"copy": str(copy.report.path), "removed": list(copy.sentences)})
        return
    output.say(f"{copy.report.path} written. Removed:")
    for words in copy.sentences:
        output.say(f"  {words}")

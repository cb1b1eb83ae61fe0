"""``convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.cli import output

if TYPE_CHECKING:
    from argparse import Namespace


def do_convert(options: Namespace) -> None:
    """Write the datasets of a file as OME-Zarr with pyramids."""
    from tiepoint.cli.answers import given_answers
    from tiepoint.data.pyramids.convert import convert
    from tiepoint.support.compute import check_address
    from tiepoint.support.settings import load_settings

    named = options.scheduler
    done = convert(
        Path(options.file),
        Path(options.out),
        dataset=options.dataset or "",
        answers=given_answers(options),
        scheduler=load_settings().scheduler if named is None else check_address(named),
        progress=output.progress,
    )
    if options.json:
        left_out = [{"dataset": name, "reason": why} for name, why in done.left_out]
        output.say_json(
            {"out": str(done.path), "datasets": list(done.datasets), "left_out": left_out}
        )
        return
    output.say(str(done.path))
    for entry in done.datasets:
        shapes = ", ".join(" × ".join(map(str, shape)) for shape in entry["levels"])
        output.say(f"  {entry['name']} ({', '.join(entry['axes'])}): {shapes}")
    for _, why in done.left_out:
        output.say(f"  ! {why}")

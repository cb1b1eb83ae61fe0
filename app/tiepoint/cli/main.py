"""Parsing the command line; every command is a function of its own."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from tiepoint import __version__
from tiepoint.cli.output import DONE, refuse, speak_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MODELS = (
    "suggest", "translation", "rigid", "similarity", "affine", "projective", "tps", "section",
    "projection",
)  # fmt: skip
COMMANDS = (
    "open", "demo", "info", "new", "add", "show", "landmarks", "register", "locate", "map",
    "spectrum", "section", "regions", "check", "relink", "pack", "export",
    "recover", "share", "convert",
)  # fmt: skip
FORMATS = ("ngff", "rocrate", "nxem", "nxapm", "tables")
NUMBERS = re.compile(r"-[\d.][\d.,eE+\-]*")


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Without the program's name; no command means ``open``.

    Returns
    -------
    int
        0 done, 2 usage, 3 refused.
    """
    speak_utf8()
    given = list(arguments)
    if not given or (given[0] not in COMMANDS and not given[0].startswith("-")):
        given.insert(0, "open")
    # A point may begin with a minus sign; a space keeps argparse from taking it for an option.
    given = [f" {word}" if NUMBERS.fullmatch(word) else word for word in given]
    try:
        options = _parser().parse_args(given)
    except SystemExit as ended:
        return int(ended.code or 0)
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    from tiepoint.cli import commands
    from tiepoint.support.errors import TiepointError

    run: Callable[[argparse.Namespace], int | None] = getattr(commands, f"do_{options.command}")
    try:
        code = run(options)
    except TiepointError as error:
        return refuse(str(error))
    except BrokenPipeError:
        return DONE
    except KeyboardInterrupt:
        return refuse("stopped; nothing was half-written.")
    return DONE if code is None else code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tiepoint", description="Where is this point in that dataset, and how sure are we?"
    )
    parser.add_argument("--version", action="version", version=f"tiepoint {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help_words: str, *, json: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_words, description=help_words)
        if json:
            added.add_argument("--json", action="store_true", help="print one JSON document")
        return added

    one = command("open", "show the window", json=False)
    one.add_argument("files", nargs="*", metavar="PROJECT|FILE")
    _demo(command("demo", "build the demo project and run the main job"))
    one = command("info", "say which datasets files hold")
    one.add_argument("files", nargs="+", metavar="FILE")
    _answer(one)
    for name, words in (("new", "create a project"), ("add", "add datasets to a project")):
        one = command(name, words)
        one.add_argument("project", metavar="PROJECT")
        one.add_argument("files", nargs="+" if name == "add" else "*", metavar="FILE")
        _answer(one)
    one = command("show", "say what a project holds")
    one.add_argument("project", metavar="PROJECT")
    _registering(command)
    _spectra(command)
    one = command("section", "draw every dataset in one dataset's plane")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("--frame", required=True, metavar="A", help="dataset whose plane it is")
    one.add_argument("--pixel", help="pixel size with unit, such as 50nm")
    one.add_argument("--depth", help="position along the normal with unit; default the middle")
    one.add_argument("--out", required=True, metavar="DIR")
    _scheduler(one)
    one = command("regions", "list or export regions")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("--csv", metavar="OUT", nargs="?", const="-")
    one.add_argument("--geojson", metavar="OUT", nargs="?", const="-")
    one.add_argument("--imagej", metavar="OUT")
    one.add_argument(
        "--statistics", action="store_true", help="what every dataset shows under each region"
    )
    _keeping(command)
    one = command("convert", "write a file as OME-Zarr with pyramids")
    one.add_argument("file", metavar="FILE")
    one.add_argument("out", metavar="OUT.ome.zarr")
    one.add_argument("--dataset", metavar="NAME", help="convert this one only")
    _answer(one)
    _scheduler(one)
    return parser


def _answer(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--answer", action="append", metavar="KEY=VALUE", help="what a file does not say: unit=µm"
    )


def _keeping(command: Callable[..., argparse.ArgumentParser]) -> None:
    one = command("check", "check a project: its file, its data files, its registrations")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("--full", action="store_true", help="read every byte of the data files")
    one = command("relink", "find missing data files in a folder, by their content")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("folder", metavar="DIR")
    one.add_argument(
        "--accept-changed", action="append", default=[], metavar="DATASET",
        help="accept other data for this dataset; its registrations become stale",
    )  # fmt: skip
    one.add_argument("--dry-run", action="store_true", help="say what would be done")
    one = command("pack", "write a copy of a project with its data")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("out", metavar="OUT")
    one = command("recover", "list unsaved changes after a crash, or save them as copies")
    one.add_argument("--out", metavar="DIR", help="save each as a copy in this folder")
    one = command("share", "write a copy without names of persons and absolute paths")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("out", metavar="OUT")
    one = command("export", "write a project for other programs")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("--format", required=True, choices=FORMATS)
    one.add_argument("--licence", default="", help="rocrate: address or words of the licence")
    one.add_argument("--start", metavar="TIME", help="nxem, nxapm: when the session began")
    one.add_argument("--prepared", metavar="TIME", help="nxem: when the sample was prepared")
    one.add_argument("--atoms", metavar="Fe,Cr", help="nxem, nxapm: elements of the sample")
    one.add_argument("--dataset", metavar="NAME", help="nxapm: the ions, where there are several")
    one.add_argument("--simulated", action="store_true", help="nxapm: the ions were computed")
    one.add_argument("out", metavar="OUT")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", default="demo", metavar="DIR")
    parser.add_argument("--headless", action="store_true", help="run the main job without a window")
    parser.add_argument("--seed", type=int, default=1)


def _registering(command: Callable[..., argparse.ArgumentParser]) -> None:
    one = command("landmarks", "import landmark pairs")
    for name in ("project", "moving", "fixed", "pairs"):
        one.add_argument(name, metavar=name.upper() if name != "pairs" else "PAIRS.csv")
    one.add_argument("--pixels", action="store_true", help="positions are pixel indices")
    one = command("register", "fit a registration to its landmark pairs")
    for name in ("project", "moving", "fixed"):
        one.add_argument(name, metavar=name.upper())
    one.add_argument("--model", choices=MODELS, default="suggest")
    one.add_argument("--mirror", action="store_true", help="one of the two is mirrored")
    one = command("locate", "say where points lie in another dataset, and how sure that is")
    one.add_argument("project", metavar="PROJECT")
    one.add_argument("--from", dest="start", required=True, metavar="A")
    one.add_argument("--to", dest="end", required=True, metavar="B")
    one.add_argument("--pixels", action="store_true", help="points are pixel indices of A")
    one.add_argument("points", nargs="+", metavar="POINT", help="y,x or z,y,x")


def _scheduler(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="dask scheduler that does the work"
    )


def _spectra(command: Callable[..., argparse.ArgumentParser]) -> None:
    one = command("map", "compute the map of a line, an edge, a window or a virtual detector")
    one.add_argument("source", metavar="PROJECT|FILE")
    one.add_argument("--dataset", metavar="D")
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--line", help='X-ray line, such as "Fe Ka"')
    what.add_argument("--edge", help='absorption edge, such as "O K"')
    what.add_argument("--window", help="lower,upper end in the axis' unit")
    what.add_argument(
        "--detector", help="BF, ABF, ADF, HAADF, or inner,outer radius and unit of a pattern"
    )
    one.add_argument("--centre", metavar="Y,X", help="of the detector, in pixels of a pattern")
    one.add_argument("--net", action="store_true", help="subtract the background")
    one.add_argument("--out", metavar="map.tif")
    _scheduler(one)
    one = command("spectrum", "sum the spectra of a region")
    one.add_argument("source", metavar="PROJECT|FILE")
    one.add_argument("--dataset", metavar="D")
    where = one.add_mutually_exclusive_group(required=True)
    where.add_argument("--region", metavar="NAME")
    where.add_argument("--box", help="y0,x0,y1,x1 in pixels, the end not included")
    one.add_argument("--out", metavar="s.csv")

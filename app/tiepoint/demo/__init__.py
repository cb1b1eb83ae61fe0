"""The demo: a magnesium–gadolinium wire seen by four instruments, made from a seed.

`make_twin` gives the truth alone, `write_demo` writes the files of every instrument.
"""

from tiepoint.demo.frames import SCANS
from tiepoint.demo.sizes import Sizes
from tiepoint.demo.twin import DATASETS, LandmarkPairs, Twin, click, make_twin
from tiepoint.demo.write import DemoFiles, write_demo

__all__ = [
    "DATASETS", "SCANS", "DemoFiles", "LandmarkPairs", "Sizes", "Twin", "click", "make_twin",
    "write_demo",
]  # fmt: skip

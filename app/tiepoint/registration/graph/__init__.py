"""The coordinate graph: frames, edges with errors, and the one solver that answers for all.

`FrameGraph` says where a point of one frame lies in another and how sure that is; loops are
tested and adjusted together.
"""

from tiepoint.registration.graph.closure import LoopClosure
from tiepoint.registration.graph.frame_graph import FrameGraph
from tiepoint.registration.graph.frames import Edge, EdgeKind, Frame
from tiepoint.registration.graph.locate import Location
from tiepoint.registration.graph.loops import Loop
from tiepoint.registration.graph.paths import Path, PathFailure
from tiepoint.registration.graph.route import Hop

__all__ = [
    "Edge",
    "EdgeKind",
    "Frame",
    "FrameGraph",
    "Hop",
    "Location",
    "Loop",
    "LoopClosure",
    "Path",
    "PathFailure",
]

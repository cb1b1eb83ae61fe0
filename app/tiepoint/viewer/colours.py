"""Colours with a fixed meaning on the canvas and in the panels."""

FIXED = "#35c4dc"
MOVING = "#ffb000"
ACCENT = "#4ea1ff"
GOOD = "#3fb68b"
CHECK = "#f0b429"
POOR = "#e5534b"
UNKNOWN = "#98a1b0"
CANVAS = "#15171c"

VERDICTS = {"good": GOOD, "check": CHECK, "poor": POOR, "unknown": UNKNOWN}

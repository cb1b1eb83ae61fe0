"""The panels: one per task at hand."""

"""Controllers: they hear what the person wants from the panels and panes, and tell the session."""

"""Ground floor: units, tasks, settings, logging, paths. Knows nothing of the rooms above."""

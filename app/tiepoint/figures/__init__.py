"""Pictures made from the data, never from the screen."""

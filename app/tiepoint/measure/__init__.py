"""Measuring regions: which pixels they cover, how large they are, what lies under them."""

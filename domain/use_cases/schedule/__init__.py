"""Use cases that a schedule calls."""

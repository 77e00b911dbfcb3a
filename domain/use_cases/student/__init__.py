"""Use cases that a student calls."""

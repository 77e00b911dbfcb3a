"""Use cases that the school's office calls."""

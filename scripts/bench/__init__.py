"""Measurements: how long things take, and how much processor time. Nothing here is part of the tests."""

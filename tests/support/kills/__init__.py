"""Processes that are killed at a chosen call."""

"""Requests to the Chalice application and assertions about its responses."""

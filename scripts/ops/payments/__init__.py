"""Payments as operators examine them: compared with the provider, and previews of what an event would change."""

"""Telemetry for CloudWatch: one JSON log line per signal, and one metric in the embedded metric format."""

"""The HTTP API: thin Chalice views over the use cases, with one error envelope and one way to parse and write JSON."""

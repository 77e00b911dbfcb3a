"""The HTTP contract: thin Chalice views over the use cases, one error envelope, one way to read and write JSON."""

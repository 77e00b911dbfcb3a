"""Services: steps that several use cases share."""

"""The product in memory: use cases over the memory adapters, with faults on demand."""

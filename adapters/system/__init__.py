"""The operating system: the clock, sleeping and random numbers."""

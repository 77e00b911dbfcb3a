"""AWS as tests see it: backends, calls, capacity, permissions, tokens."""

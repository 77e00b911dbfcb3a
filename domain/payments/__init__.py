"""Payment sessions: their states, the provider events that change them, and reviews."""

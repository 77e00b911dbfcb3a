"""The stories: one per module, a frozen class with its ports as fields; calling it tells the story."""

"""Use cases, grouped by who calls them. Each is a frozen class with its ports as fields, and is called."""

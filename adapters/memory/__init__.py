"""Every port in dictionaries: what tests and simulations run on, held to the same contracts as the real adapters."""

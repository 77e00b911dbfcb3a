"""The product on one machine: its own code and adapters over emulated AWS and Stripe."""

"""Workers killed at every call, and the school afterwards."""

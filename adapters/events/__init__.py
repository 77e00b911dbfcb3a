"""What the queue and the clock set off."""

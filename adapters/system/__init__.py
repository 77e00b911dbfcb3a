"""What the machine gives: time, waiting and chance."""

"""Lambda handlers of the queue and the schedules."""

"""The stage's AWS account: clients, and the dead-letter queue."""

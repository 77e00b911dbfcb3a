"""Amazon SQS: the queue in which payment events wait that could not be settled when they arrived."""

"""Amazon SQS: the queue in which news wait when they cannot be settled at once."""

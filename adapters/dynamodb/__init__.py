"""What the school stores, in one DynamoDB table. ``keys`` alone spells the keys, ``table`` alone talks to AWS."""

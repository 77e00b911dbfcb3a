"""AWS Secrets Manager: the keys to the payment providers."""

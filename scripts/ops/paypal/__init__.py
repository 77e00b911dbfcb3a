"""The stage's PayPal app: its keys in Secrets Manager, a client, and its webhooks."""

"""The stage's Stripe account: its keys in Secrets Manager, a client, and the webhook endpoints."""

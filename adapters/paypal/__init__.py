"""PayPal: orders of the Orders v2 API, which the buyer approves and we capture, and its signed webhook events."""

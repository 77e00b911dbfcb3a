"""What Stripe has no API for: paying as the buyer, the dashboard, the clock, faults. In Python and over HTTP."""

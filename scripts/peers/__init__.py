"""AWS's and Stripe's own stand-ins, for tests that should not rest on our emulators' opinions alone."""

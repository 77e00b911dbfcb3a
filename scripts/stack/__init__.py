"""The whole product on one machine: AWS and Stripe emulated below the real adapters."""

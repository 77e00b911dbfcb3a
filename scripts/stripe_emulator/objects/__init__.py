"""The JSON of each Stripe object, as API 2026-10-28.endive shows it. No rules, no state."""

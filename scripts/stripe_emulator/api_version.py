"""The version of Stripe's API that the emulator speaks, in requests, answers and events."""

API_VERSION = "2026-10-28.endive"

"""The tests, by what they hold: unit, contracts, integration, journeys, architecture, local."""

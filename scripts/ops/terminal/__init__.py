"""What all commands share: options, output, table rows, telemetry."""

"""An emulator of AWS for this machine: moto, one request at a time, with faults on demand."""

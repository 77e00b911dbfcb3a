"""An emulator of AWS for this machine: moto behind one HTTP server, with faults on demand. See README.md."""

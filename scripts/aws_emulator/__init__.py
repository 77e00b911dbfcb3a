"""An emulator of AWS for this machine: moto behind one HTTP server, with faults on demand. README.md has an overview."""

"""The product deployed on the emulator. A package, so that its files can share one deployment."""

"""What several tests share: builders, faults, waiting, browsers."""

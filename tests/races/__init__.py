"""Many at once, over HTTP against the running product. A package, so that its files can share one stack."""

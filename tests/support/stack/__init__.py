"""The running local stack, seen over HTTP and in a browser."""

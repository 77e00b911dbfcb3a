"""The smoke test: HTTP checks of a running stage, and the user it creates for them."""

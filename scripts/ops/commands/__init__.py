"""The commands that operators type; one file per command or command group."""

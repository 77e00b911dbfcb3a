"""The operators' command line: `python -m scripts.ops --help`."""

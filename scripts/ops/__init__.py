"""What operators type: `python -m scripts.ops --help`."""

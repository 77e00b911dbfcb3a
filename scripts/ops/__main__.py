"""`python -m scripts.ops`."""

from scripts.ops.cli import ops

if __name__ == "__main__":
    ops(prog_name="python -m scripts.ops")

"""`python -m tests.faults`: the list, row by row, with the tests against each and what is still uncovered."""

from __future__ import annotations

import sys

from tests.faults.rows import NOT_YET, coverage, rows


def main() -> int:
    """Print; 0 in any case, because a test judges."""
    by_row, say = coverage(), sys.stdout.write
    listed = rows()
    for row in listed:
        say(f"{row.number:02d}  {row.fault}\n      -> {row.expected}\n")
        for name in by_row.get(row.number, [f"(no test: {NOT_YET.get(row.number, 'UNCOVERED')})"]):
            say(f"      {name}\n")
    covered = [row.number for row in listed if row.number in by_row]
    open_rows = [row.number for row in listed if row.number not in by_row and row.number not in NOT_YET]
    tests = {name for names in by_row.values() for name in names}
    say(f"\n{len(listed)} rows, {len(covered)} covered by {len(tests)} tests and cases, ")
    say(f"{len(NOT_YET)} do not apply yet, uncovered: {', '.join(map(str, open_rows)) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

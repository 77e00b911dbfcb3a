"""The list of faults and attacks, and which tests stand against each."""

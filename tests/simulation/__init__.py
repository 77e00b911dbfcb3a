"""The school under a hostile scheduler: the real use cases, every port call a point where order and faults are decided.

``python -m tests.simulation --help`` says how to run and replay it; docs/simulation.md says what it covers.
"""

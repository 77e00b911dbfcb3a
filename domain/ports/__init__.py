"""What the school asks of the world: one Protocol per capability, in the school's own words.

Every method says what it means, what it raises, and whether repeating it is safe. Implementations stand in
``adapters/``;
``adapters/memory`` holds one of each, under the same contract tests.
"""

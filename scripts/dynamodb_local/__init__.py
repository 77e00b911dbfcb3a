"""AWS's own DynamoDB Local, for tests that should not depend on one emulator's opinion. Needs Java and Maven."""

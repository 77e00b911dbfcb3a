"""Steps that several stories share: settling news, reserving, opening a checkout, the enrollment strategies."""

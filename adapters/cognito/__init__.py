"""The accounts of Cognito's user pool."""

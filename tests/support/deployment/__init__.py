"""Packaged and deployed functions on the AWS emulator."""

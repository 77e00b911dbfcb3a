"""Adapters: the implementations of the domain's ports, in one package per vendor or protocol, and the entry points."""

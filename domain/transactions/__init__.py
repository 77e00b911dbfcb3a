"""Transactions: which writes belong together, what each write asks for, and how it can conflict."""

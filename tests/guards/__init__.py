"""Guards at the edges, switched off one by one."""

"""What is shipped, for those who have to know: a bill of materials, and known weaknesses of what is in it."""

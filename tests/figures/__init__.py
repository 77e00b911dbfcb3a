"""A school's money over two months: replayed, closed day by day, and compared with a plain sum."""

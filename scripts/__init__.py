"""What runs beside the product: the local stack and the operators' commands."""

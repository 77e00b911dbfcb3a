"""CloudFront: the addresses of lessons."""

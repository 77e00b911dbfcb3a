"""Events for other back ends, by Amazon SNS."""

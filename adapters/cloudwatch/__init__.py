"""What operations sees: a line of JSON per signal in the log, and a metric in CloudWatch's embedded format."""

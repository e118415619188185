"""What stands in for the outside: a local workspace, and later simulated sites."""

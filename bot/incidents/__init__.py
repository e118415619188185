"""What jobs' events mean for incidents: decisions, and nothing else (pure)."""

"""What a person at a terminal sees: the check as it goes on, and its report."""

"""The k best plans and their log-probabilities: exact best-first search over decisions."""

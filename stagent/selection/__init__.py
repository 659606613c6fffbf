"""Which instructions are worth training on: annotation, difficulty, and a funnel from millions to few."""

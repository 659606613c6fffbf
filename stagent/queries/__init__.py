"""Instructions for the agent: tasks that can be checked, an expert by rules, their taxonomy and selection."""

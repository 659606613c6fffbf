"""Episodes: a model answers tasks by calling the tools, token by token or behind an endpoint."""

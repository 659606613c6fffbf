"""STAgent: an LLM that answers map and travel instructions by calling ten tools (docs/agent.md)."""

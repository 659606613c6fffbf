"""Who writes reasoning and plans: rules, an LLM, or another journal, behind one interface."""

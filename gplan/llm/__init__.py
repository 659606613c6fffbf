"""Any OpenAI-compatible model: an endpoint, its pace, a budget, a journal of what it answered."""

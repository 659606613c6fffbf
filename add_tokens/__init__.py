"""The latent vocabulary, and extending a tokenizer and a model by it."""

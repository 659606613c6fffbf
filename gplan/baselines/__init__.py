"""What a small language model must beat: floors, trees, and the paper's sequential and generative baselines."""

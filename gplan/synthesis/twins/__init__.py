"""Counterfactual twins: another moment or place of the same person, and the same teacher's plan for it."""

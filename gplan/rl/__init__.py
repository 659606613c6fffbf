"""Reinforcement learning on plans that can be checked: the policy is the planner's, over valid plans alone."""

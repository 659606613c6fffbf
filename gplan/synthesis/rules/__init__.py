"""What rules write and check: the rule teacher's words, and what an answer is refused for."""

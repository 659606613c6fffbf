"""Rollouts: episodes of a model that calls the tools.

python agent.py rollout play tasks.jsonl played.jsonl    # a model behind an endpoint answers tasks
"""

VERBS = {
    "play": ("stagent.rollout.run", "let a model behind an endpoint answer tasks"),
}

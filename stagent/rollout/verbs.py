"""Rollouts: episodes of a model that calls the tools.

python agent.py rollout play tasks.jsonl played.jsonl    # a model behind an endpoint answers tasks
python agent.py rollout export scored.jsonl chat.jsonl    # trajectories as plain chat with tools, for other trainers
"""

VERBS = {
    "play": ("stagent.rollout.run", "let a model behind an endpoint answer tasks"),
    "export": ("stagent.rollout.export", "write trajectories as plain chat with tools"),
}

"""Rollouts: episodes of a model that calls the tools.

python agent.py rollout play tasks.jsonl played.jsonl    # a model behind an endpoint answers tasks
python agent.py rollout export scored.jsonl chat.jsonl    # trajectories as plain chat with tools, for other trainers
python agent.py rollout split scored.jsonl split          # tasks by how a model fared on them: certain, uncertain, …
"""

VERBS = {
    "play": ("stagent.rollout.run", "let a model behind an endpoint answer tasks"),
    "split": ("stagent.cascade.split_tasks", "split tasks by how a model fared on them"),
    "export": ("stagent.rollout.export", "write trajectories as plain chat with tools"),
}

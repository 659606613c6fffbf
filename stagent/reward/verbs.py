"""Rewards: score trajectories, and measure how well the verifier tells honest answers from others.

python agent.py reward score trajectories.jsonl scored.jsonl    # each line's score filled in
"""

VERBS = {
    "score": ("stagent.reward.run", "score trajectories by the verifier"),
}

"""Rewards: score trajectories, and measure how well the verifier tells honest answers from others.

python agent.py reward score trajectories.jsonl scored.jsonl    # each line's score filled in
python agent.py reward judge trajectories.jsonl judged.jsonl    # the same by a language model
python agent.py reward measure                                  # the verifier's own measurement, with its bars
"""

VERBS = {
    "score": ("stagent.reward.run", "score trajectories by the verifier"),
    "judge": ("stagent.reward.by_llm_verb", "score trajectories by a language model"),
    "measure": ("stagent.reward.measure.run", "measure the verifier: vetoed wrongly, let pass, gamed"),
    "written": ("stagent.reward.measure.written", "measure the verifier on answers written by hand"),
}

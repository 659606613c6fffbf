"""STAgent: an agent that answers map and travel instructions with ten tools, over worlds that can be checked.

python agent.py demo       # every tool at work, every call and result; five instructions answered and marked
python agent.py serve      # the ten tools for any MCP client
python agent.py look       # a page: the world's map, a form for every tool, trajectories
python agent.py tools      # the tools' schemas as a list for OpenAI, MCP or Qwen
python agent.py queries    # instructions: make, solve, annotate, score, filter, cluster
python agent.py reward     # rewards: score, measure
python agent.py rollout    # episodes of a model: play
python agent.py train      # a small agent from nothing: seed SFT, probe and split, SFT, RL
python agent.py test       # its stages on held-out tasks
python agent.py benchmark  # benchmarks of others, from your copy: travelbench, mobilitybench
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {
    "demo": ("stagent.demo.demo", "show the ten tools at work, and five instructions answered and marked"),
    "serve": ("stagent.tools.serve", "serve the ten tools over MCP: stdio or HTTP"),
    "look": ("stagent.look.look", "serve a page to look at the world, its tools and trajectories"),
    "tools": ("stagent.tools.export", "print the tools' schemas: openai, mcp or qwen"),
    "queries": ("stagent.queries.verbs", "make, solve, annotate, score and select instructions"),
    "reward": ("stagent.reward.verbs", "score trajectories, and measure the verifier"),
    "rollout": ("stagent.rollout.verbs", "let a model answer tasks by calling the tools"),
    "train": ("stagent.cascade.train", "train an agent by the cascade: seed SFT, split, SFT, RL"),
    "test": ("stagent.cascade.evaluate", "score trained policies on held-out tasks"),
    "benchmark": ("stagent.benchmarks.verbs", "run benchmarks of others from your own copy of their files"),
}


def main() -> int:
    return run_verb("agent", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))

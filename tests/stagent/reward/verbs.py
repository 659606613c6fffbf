"""``agent.py reward judge`` without the door."""

from stagent.reward import by_llm_verb
from utils import Parser


def judge(*words):
    """Its exit status, or what it raises."""
    parser = Parser()
    by_llm_verb.add_arguments(parser)
    return by_llm_verb.run(parser.parse_args([str(word) for word in words]))

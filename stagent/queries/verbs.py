"""Instructions for training and testing: make them, solve them, annotate, score and select them. JSONL in, JSONL out.

python agent.py queries make tasks.jsonl --count 1000    # tasks with what a right answer says
python agent.py queries solve tasks.jsonl solved.jsonl   # the rule expert's way through them
"""

VERBS = {
    "make": ("stagent.queries.make", "make tasks, or a large number of instructions alone, over a world"),
    "solve": ("stagent.queries.solve", "let the rule expert solve tasks"),
}

"""Instructions for training and testing: make them, solve them, annotate, score and select them. JSONL in, JSONL out.

python agent.py queries make tasks.jsonl --count 1000    # tasks with what a right answer says
python agent.py queries solve tasks.jsonl solved.jsonl   # the rule expert's way through them
python agent.py queries annotate said.jsonl annotated.jsonl    # what each wants; then score: how hard it is
python agent.py queries filter scored.jsonl kept.jsonl   # of millions the few that are worth training on
"""

VERBS = {
    "make": ("stagent.queries.make", "make tasks, or a large number of instructions alone, over a world"),
    "solve": ("stagent.queries.solve", "let the rule expert solve tasks"),
    "annotate": ("stagent.selection.annotate.annotate", "say what instructions want, by rules or a language model"),
    "score": ("stagent.selection.annotate.score", "say how hard instructions are, by rules or a language model"),
    "filter": ("stagent.selection.funnel.filter", "choose instructions worth training on, of millions"),
    "agree": ("stagent.selection.annotate.agree", "compare annotations and scores with right ones"),
    "cluster": ("stagent.selection.annotate.cluster", "group what fits no leaf, as material for a new one"),
}

"""Benchmarks of others, on a user's own copy of their files; none of their data or text is part of this project.

python agent.py benchmark travelbench played.jsonl --single FILE --multi FILE --unsolvable FILE
python agent.py benchmark mobilitybench played.jsonl ROWS.csv
"""

VERBS = {
    "travelbench": ("stagent.benchmarks.travelbench", "TravelBench: single-turn, multi-turn and unsolvable queries"),
    "mobilitybench": ("stagent.benchmarks.mobilitybench", "MobilityBench: route planning over stored answers"),
}

"""Speed and memory, each beside what it is compared with: ``python bench.py train``, ``python bench.py data``."""

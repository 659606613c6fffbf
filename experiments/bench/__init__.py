"""Speed and memory, each beside what it is compared with: ``python -m experiments.bench train``, ``data`` and so on."""

"""Benchmarks of others, run from a user's own copy of their files: TravelBench, MobilityBench."""

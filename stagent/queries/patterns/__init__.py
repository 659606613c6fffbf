"""The kinds of instructions that are generated, a file for each group of leaves."""

"""Which intent an instruction has and how hard it is: by rules, by a language model; how far two of them agree."""

"""An invented country, of which every fact is a function of the seed: for training and scoring."""

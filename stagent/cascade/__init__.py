"""The cascade: seed SFT, a probe of the policy, SFT on what is certain, RL on what is not."""

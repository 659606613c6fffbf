"""SC-DPO: Spatiotemporal Counterfactual DPO (GPlan, section 4.2), from a PICD checkpoint and twins."""

"""Acc@1, NDCG@3, NES, Latent-Valid, their intervals, and where the work is done."""

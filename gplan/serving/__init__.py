"""A checkpoint over HTTP: server, batches, page, metrics, the log of plans and the A/B test."""

"""Scoring: metrics, latent validity, bootstrap intervals, floors, ceilings, the report and its picture."""

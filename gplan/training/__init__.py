"""What every trainer here shares: whole checkpoints, exact resume, stopping in time, DeepSpeed's start."""

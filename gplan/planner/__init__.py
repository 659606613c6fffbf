"""The planner: plans that are valid by construction, in few forward passes; served over HTTP."""

"""The ten tools: schemas, validation, calls, rendering, and the MCP server."""

"""GPlan's stages, a room each; docs/architecture.md says what may import what."""

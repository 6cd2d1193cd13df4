"""What the vendors' documents state, each statement proven on a running service."""

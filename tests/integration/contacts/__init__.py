"""contacts with a listener on what it announces."""

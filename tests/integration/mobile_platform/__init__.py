"""mobile-platform with a listener on what it announces."""

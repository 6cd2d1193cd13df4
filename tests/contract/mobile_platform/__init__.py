"""Oracle Mobile Hub's document on mobile-platform."""

"""Bad input of every kind on the four services."""

"""IBM MobileFirst's document on push-registry."""

"""push-registry: which device of which application has which push token, after the MobileFirst push API."""

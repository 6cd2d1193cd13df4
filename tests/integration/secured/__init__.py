"""Backends with logins and TLS."""

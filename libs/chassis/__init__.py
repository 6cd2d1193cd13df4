"""Plumbing that every service shares. Knows no device and no service."""

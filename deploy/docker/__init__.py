"""Rollcall in containers: the image, what stands in for others where none can be pulled, and the demo on compose."""

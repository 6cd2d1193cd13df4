"""The tests. A folder whose conftest has fixtures for its own tests alone is a package, and so is each above it."""

"""Parts of the system on a real MongoDB and a real broker."""

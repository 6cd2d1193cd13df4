"""mobile-platform: mobile clients register for notifications with a backend, and deregister."""

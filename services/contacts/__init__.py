"""contacts: contacts in lists, the devices they register, and the custom events that are run for them."""

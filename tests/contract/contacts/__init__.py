"""The contact-list product's document on contacts."""

"""email-handlers: mails a contact when one of three custom events is triggered. Written on device_events.handlers."""

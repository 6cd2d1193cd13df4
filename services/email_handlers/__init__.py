"""email-handlers: an example of custom-event handlers. Mails a contact when one of three custom events is triggered."""

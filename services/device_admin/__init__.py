"""device-admin: the statuses of all devices, set by operators and by time, and the tokens of confidential clients."""

"""The rules of device-admin, by noun: devices, the transactions that set their statuses, and clients' scopes."""

"""The operator's command: dead letters, backlogs, reconciliation and erasure, over all services."""

"""The contract in standard formats: JSON Schema, AsyncAPI 3.0, golden records, and what a change may not break.

All of it is made from `catalog` and `payloads`. `python -m device_events.contract` writes it to `schemas/`.
"""

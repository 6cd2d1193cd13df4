"""Everything that puts Rollcall on a machine."""

"""What people script against: SQL views in DuckDB over the lake, the ledger and decisions."""

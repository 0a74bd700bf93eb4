"""Where results live: immutable Parquet shards, a SQLite ledger, and DuckDB to ask both."""

"""Runs a statement twice on a folder of Parquet files and prints the duration of the second run in seconds."""

import pathlib
import sys
import time

import duckdb

folder, statement = pathlib.Path(sys.argv[1]), sys.argv[2]
connection = duckdb.connect()
connection.execute("SET threads = 2; SET enable_progress_bar = false")
for source in folder.iterdir():
    if source.is_dir():
        connection.execute(f"CREATE VIEW {source.name} AS SELECT * FROM read_parquet('{source}/*.parquet')")
for _ in range(2):
    began = time.perf_counter()
    connection.execute(statement).fetchall()
    took = time.perf_counter() - began
print(took)

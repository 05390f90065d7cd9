"""SQL and Parquet, in a process of their own.

duckdb costs 60 MB as soon as it is opened, and a query that runs is not ours. So it works in a child process that is
started when there is something to do, sees only the files it is given, and ends after some idle seconds.

worker.py  -> the account's end of the pipe
engine.py  -> the child: writes Parquet, answers queries
"""

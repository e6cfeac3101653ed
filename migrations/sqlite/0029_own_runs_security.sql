-- SQLite knows no policies; see 0002.
select 1;

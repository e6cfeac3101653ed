-- SQLite has no row-level security.
select 1;

-- SQLite knows neither roles nor policies: here each statement's own scope is the only lock.
select 1;

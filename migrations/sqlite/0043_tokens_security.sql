-- SQLite knows neither roles nor policies: here each statement's own condition is the only lock.
select 1;

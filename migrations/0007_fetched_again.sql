-- When the result was kept: later than the end of a run whose result was fetched again.
alter table executions add column result_kept_at timestamptz;

-- When a result was removed because it was older than the installation keeps them; the run stays.

alter table executions add column result_removed_at timestamptz;
create index executions_by_end on executions (finished_at);

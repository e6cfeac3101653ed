-- A history of a million executions costs no more than one of a hundred: lists walk it in the order of time,
-- in all and within each state, and find in the index whose a row is; workers see only what has a next step
-- or a claim, which is little however long the history is.
drop index executions_by_time;
create index executions_by_time on executions (created_at, id, instance_id, state);
create index executions_of_state on executions (state, created_at, id, instance_id);
drop index executions_by_due;
create index executions_by_due on executions (next_step_at) where next_step_at is not null;
create index executions_by_claim on executions (lease_until) where lease_until is not null;

-- A list of a million executions begins as fast as one of a hundred: in the order of time within each of
-- the states, and within those that have not ended.
create index executions_of_state on executions (state, created_at, id);
create index executions_unfinished on executions (created_at, id) where finished_at is null;

-- What lists walk, so that a page of them costs the same however long they are.
create index executions_by_person on executions (person_id, created_at);
create index executions_unfinished on executions (person_id) where finished_at is null;
create index queries_by_name on queries (lower(name), id);
create index queries_by_tags on queries (tags, owner_id, home, home_instance_id) where deleted_at is null and tags <> '';
drop index queries_by_deletion;
create index queries_by_deletion on queries (deleted_at, id) where deleted_at is not null;

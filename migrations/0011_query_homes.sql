-- A query belongs to a person and has a home that decides who sees it: its owner alone, the people of an
-- instance, or everyone. The instance is chosen when it runs; `default_instance_id` is where it runs unless
-- another is chosen. A home whose instance is gone is its owner's alone. `from_draft` is the draft as which it was
-- typed, so that the draft's address still leads to it.
alter table queries add column owner_id text not null default '';
alter table queries add column home text not null default 'private' check (home in ('private', 'instance', 'everyone'));
alter table queries add column home_instance_id text references instances (id) on delete set null;
alter table queries add column default_instance_id text references instances (id) on delete set null;
alter table queries add column from_draft text;
update queries set owner_id = created_by, home = 'instance', home_instance_id = instance_id,
    default_instance_id = instance_id;
drop index queries_by_instance;
create index queries_by_home on queries (home_instance_id, updated_at);
create index queries_by_default on queries (default_instance_id, updated_at);
create index queries_by_owner on queries (owner_id, updated_at);
create index queries_by_draft on queries (from_draft);

-- What a version says of its home is history: an instance that is gone may still be named.
alter table query_versions add column home text not null default 'private';
alter table query_versions add column home_instance_id text;
alter table query_versions add column default_instance_id text;
update query_versions set home = 'instance',
    home_instance_id = (select q.instance_id from queries q where q.id = query_id),
    default_instance_id = (select q.instance_id from queries q where q.id = query_id);

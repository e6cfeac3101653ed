-- SQLite reads a row's columns in order, and a large text fills many pages: columns after it are found only by reading
-- the text. The planner prefers the primary key to the index of migration 49, so the text is now the last column.
drop index instance_sources_listed;
create table source_lists (
    instance_id text primary key references instances (id) on delete cascade,
    digest text,
    read_at timestamptz not null,
    sources jsonb not null
);
insert into source_lists (instance_id, digest, read_at, sources)
select instance_id, digest, read_at, sources from instance_sources;
drop table instance_sources;
alter table source_lists rename to instance_sources;

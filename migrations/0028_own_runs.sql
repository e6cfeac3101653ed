-- What makes two runs the same: a digest of the SQL, the values, the closed window and the options. None for what was
-- started before, and where AMC decides the days.
alter table executions add column same_as text;
create index executions_by_sameness on executions (instance_id, same_as) where same_as is not null;

-- Executions that were started outside of RecomAMP and taken over have an origin of their own.
drop index executions_by_origin;
alter table executions rename column origin to origin_was;
alter table executions add column origin text not null default 'hand'
    check (origin in ('hand', 'rerun', 'schedule', 'flow', 'batch', 'api', 'adopted'));
update executions set origin = origin_was;
alter table executions drop column origin_was;
create unique index executions_by_origin on executions (origin, origin_key) where origin_key is not null;

-- Up to when an instance was searched for them, and when it is searched next.
create table execution_searches (
    instance_id text primary key references instances (id) on delete cascade,
    searched_until timestamptz not null,
    next_at timestamptz not null,
    problem text
);
create index execution_searches_by_due on execution_searches (next_at);

-- A query that is kept on AMC as a workflow: at which revision, and what AMC had when it was last asked.
create table query_workflows (
    query_id text not null references queries (id) on delete cascade,
    instance_id text not null references instances (id) on delete cascade,
    workflow_id text not null,
    revision bigint not null,
    sent jsonb not null,
    state text not null check (state in ('same', 'changed', 'missing')),
    synced_by text not null,
    synced_at timestamptz not null,
    looked_at timestamptz not null,
    primary key (query_id, instance_id)
);
create unique index query_workflows_by_id on query_workflows (instance_id, workflow_id);

-- What AMC listed for an instance when somebody last asked.
create table instance_workflows (
    instance_id text primary key references instances (id) on delete cascade,
    workflows jsonb not null,
    schedules jsonb not null,
    read_at timestamptz not null
);

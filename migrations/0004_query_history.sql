-- What queries and drafts were before, tags, and who likes which query.

alter table queries add column tags text not null default '';
create index queries_by_deletion on queries (deleted_at);

-- `tab` is the editor that keeps the draft, so that two of them do not overwrite each other; `base` the
-- revision of the query when it was begun.
alter table drafts add column tab text not null default '';
alter table drafts add column base bigint not null default 0;
alter table drafts add column discarded_at timestamptz;
create index drafts_by_query on drafts (person_id, query_id);

-- A query as it was before a change; the query itself is its newest version.
create table query_versions (
    query_id text not null references queries (id) on delete cascade,
    revision bigint not null,
    name text not null,
    description text not null,
    tags text not null,
    sql text not null,
    fields jsonb not null,
    run_window jsonb not null,
    privacy jsonb not null,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (query_id, revision)
);

create table query_favourites (
    person_id text not null references people (id) on delete cascade,
    query_id text not null references queries (id) on delete cascade,
    created_at timestamptz not null,
    primary key (person_id, query_id)
);
create index query_favourites_by_query on query_favourites (query_id);

-- Filters of the field explorer under names. `query` is the filter as an address holds it.
create table source_filters (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    name text not null,
    query text not null,
    shared boolean not null default false,
    created_at timestamptz not null,
    unique (person_id, name)
);
create index source_filters_shared on source_filters (shared) where shared;

-- What changed in the data sources that an instance lists, found each time the list is read. A column is empty where the
-- source itself changed; `replacement` is what took its place, where that is known, and `certain` whether AMC said so.
create table source_changes (
    id text primary key,
    instance_id text not null references instances (id) on delete cascade,
    source text not null,
    column_name text not null default '',
    change text not null check (change in ('added', 'removed', 'renamed', 'deprecated', 'paid', 'included', 'retyped')),
    replacement text,
    certain boolean not null default true,
    note text not null default '',
    seen_at timestamptz not null
);
create index source_changes_by_instance on source_changes (instance_id, seen_at);
create index source_changes_by_source on source_changes (source, column_name);

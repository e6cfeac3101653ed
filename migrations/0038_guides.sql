-- What a person did with a guide. `slug` names its folder, which is no row: a guide that is removed leaves its readers' progress,
-- and finds it again when it comes back.
create table guide_readers (
    person_id text not null references people (id) on delete cascade,
    slug text not null,
    starred boolean not null default false,
    read_at timestamptz,
    primary key (person_id, slug)
);

-- Sections that a person checked off.
create table guide_progress (
    person_id text not null references people (id) on delete cascade,
    slug text not null,
    section text not null,
    done_at timestamptz not null,
    primary key (person_id, slug, section)
);

-- Executions of a guide's queries. `query` is the id of the query in its guide.
create table guide_runs (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    slug text not null,
    query text not null,
    instance_id text not null references instances (id) on delete cascade,
    execution_id text not null references executions (id) on delete cascade,
    created_at timestamptz not null
);
create index guide_runs_by_person on guide_runs (person_id, slug, instance_id, created_at);
create index guide_runs_by_execution on guide_runs (execution_id);
create index guide_runs_by_instance on guide_runs (instance_id);

-- A guide as it was run on one day: its text, values and results, which stay when either changes.
create table guide_reports (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    slug text not null,
    title text not null,
    instance_name text not null,
    body text not null,
    created_at timestamptz not null
);
create index guide_reports_by_person on guide_reports (person_id, slug, created_at);

-- Templates that people made. `text` is the query as a file; `home` says who sees it, as for queries. A pinned template belongs to one
-- instance and carries its values.
create table templates (
    id text primary key,
    owner_id text not null references people (id) on delete cascade,
    name text not null,
    text text not null,
    home text not null check (home in ('private', 'instance')),
    home_instance_id text references instances (id) on delete cascade,
    pinned boolean not null default false,
    version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((home = 'instance') = (home_instance_id is not null))
);
create index templates_by_owner on templates (owner_id);
create index templates_by_home on templates (home_instance_id);

-- Each query that was made of a template: `template` is its name in the library, or the id of one of people's own. `base` is the
-- template's text at that time, so that a newer version can be merged.
create table template_uses (
    id text primary key,
    template text not null,
    person_id text references people (id) on delete set null,
    query_id text references queries (id) on delete set null,
    version bigint not null,
    base text not null,
    created_at timestamptz not null
);
create index template_uses_by_template on template_uses (template);
create index template_uses_by_query on template_uses (query_id);
create index template_uses_by_person on template_uses (person_id);

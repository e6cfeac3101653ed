-- People, their sessions, and what they did.

create table people (
    id text primary key,
    amazon_user_id text not null unique,
    name text not null,
    email text not null,
    role text not null check (role in ('administrator', 'member')),
    created_at timestamptz not null,
    signed_in_at timestamptz not null
);

-- `key` is a hash of the cookie's value, so that a copy of the database signs nobody in; `id` is how
-- the owner names the session when ending it.
create table sessions (
    key text primary key,
    id text not null unique,
    person_id text references people (id) on delete cascade,
    data jsonb not null,
    agent text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_by_person on sessions (person_id, seen_at);
create index sessions_by_expiry on sessions (expires_at);

create table audit (
    id text primary key,
    at timestamptz not null,
    person_id text,
    action text not null,
    subject text not null,
    detail jsonb not null
);
create index audit_by_time on audit (at, id);

-- Grants to call Amazon. Tokens are sealed; the row's id is bound into the seal.

create table connections (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    region text not null check (region in ('NA', 'EU', 'FE')),
    state text not null check (state in ('active', 'reconnect')),
    sealed_access text not null,
    sealed_refresh text not null,
    access_expires_at timestamptz not null,
    refresh_at timestamptz,
    refreshed_at timestamptz not null,
    failures bigint not null default 0,
    last_error text,
    revision bigint not null default 0,
    created_at timestamptz not null,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0,
    unique (person_id, region)
);
create index connections_by_due on connections (refresh_at);

-- Instances of AMC, and who may work in them by which connection.

create table instances (
    id text primary key,
    region text not null check (region in ('NA', 'EU', 'FE')),
    amc_id text not null,
    entity_id text not null,
    marketplace_id text not null,
    name text,
    amc_name text not null,
    account_name text not null,
    customer_name text,
    kind text not null check (kind in ('STANDARD', 'SANDBOX')),
    creation_status text not null,
    added_by text not null check (added_by in ('discovery', 'hand')),
    seen_at timestamptz not null,
    created_at timestamptz not null,
    unique (region, amc_id)
);

create table instance_access (
    instance_id text not null references instances (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    connection_id text not null references connections (id) on delete cascade,
    role text not null check (role in ('viewer', 'analyst', 'manager')),
    hidden_at timestamptz,
    created_at timestamptz not null,
    primary key (instance_id, person_id)
);
create index instance_access_by_person on instance_access (person_id, instance_id);

-- When each connection was last asked for its instances. A connection without a row was never asked.

create table surveys (
    connection_id text primary key references connections (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    due_at timestamptz not null,
    done_at timestamptz,
    found bigint not null default 0,
    failures bigint not null default 0,
    error text,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0,
    id text not null unique
);
create index surveys_by_due on surveys (due_at);

-- What an instance answered when it was last asked for its data sources.

create table instance_sources (
    instance_id text primary key references instances (id) on delete cascade,
    sources jsonb not null,
    read_at timestamptz not null
);

-- Saved queries, and texts that were handed over or not saved yet.

create table queries (
    id text primary key,
    instance_id text not null references instances (id),
    name text not null,
    description text not null,
    sql text not null,
    fields jsonb not null,
    run_window jsonb not null,
    privacy jsonb not null,
    created_by text not null,
    updated_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    revision bigint not null default 1,
    deleted_at timestamptz
);
create index queries_by_instance on queries (instance_id, updated_at);
create index queries_by_update on queries (updated_at, id);

create table drafts (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    query_id text,
    name text not null,
    source text not null,
    sql text not null,
    fields jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index drafts_by_person on drafts (person_id, updated_at);

-- Runs. The row is the job: `next_step_at` says when the poller has to look at it again.

create table executions (
    id text primary key,
    instance_id text not null references instances (id),
    connection_id text not null references connections (id),
    query_id text,
    query_name text not null,
    person_id text not null,
    person_name text not null,
    rerun_of text,
    state text not null check (state in ('waiting', 'sending', 'pending', 'running', 'fetching',
        'succeeded', 'failed', 'rejected', 'cancelled', 'lost')),
    author_sql text not null,
    sent jsonb not null,
    source_map jsonb not null,
    field_values jsonb not null,
    amc_workflow_id text not null unique,
    amc_execution_id text,
    amc_status text,
    cancel_asked_at timestamptz,
    problem jsonb,
    waiting_for text,
    output_columns jsonb,
    result jsonb,
    attempts bigint not null default 0,
    lookups bigint not null default 0,
    created_at timestamptz not null,
    sent_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz not null,
    revision bigint not null default 0,
    next_step_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index executions_by_due on executions (next_step_at);
create index executions_by_time on executions (created_at, id);
create index executions_by_instance on executions (instance_id, created_at, id);
create index executions_by_query on executions (query_id, created_at);
create index executions_by_state on executions (state, instance_id);

create table execution_events (
    execution_id text not null references executions (id) on delete cascade,
    position bigint not null,
    at timestamptz not null,
    state text not null,
    note text not null,
    primary key (execution_id, position)
);

-- An invitation lets its holder in beside the list of allowed addresses, and gives roles. The link's token is stored as a
-- hash. `claimed_by` is who used it: a newcomer claims it by signing in; accepting gives the roles. An empty address
-- means that anybody who has the link may accept.
create table invitations (
    id text primary key,
    token_hash text not null unique,
    email text not null,
    role text not null check (role in ('administrator', 'member')),
    access jsonb not null,
    created_by text not null references people (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    claimed_by text,
    accepted_at timestamptz,
    revoked_at timestamptz,
    mailed_at timestamptz
);
create index invitations_by_time on invitations (created_at, id);

-- The invitation that lets somebody stay who isn't on the list of allowed addresses.
alter table people add column invitation_id text;

-- Whether a shared role may run queries with the connection of the person who shares it.
alter table access_grants add column lends boolean not null default false;

-- A link that shows one result or one report to whoever has it, without a session. The token is stored as a hash.
create table public_links (
    id text primary key,
    token_hash text not null unique,
    execution_id text references executions (id) on delete set null,
    report_id text references guide_reports (id) on delete set null,
    title text not null,
    allows_csv boolean not null,
    person_id text not null references people (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    views bigint not null default 0,
    viewed_at timestamptz
);
create index public_links_by_person on public_links (person_id, created_at);
create index public_links_by_execution on public_links (execution_id);
create index public_links_by_report on public_links (report_id);

-- One row for each night. The process that leases it writes the backup, opens and verifies it.
create table backups (
    id text primary key,
    night text not null unique,
    state text not null check (state in ('waiting', 'verified', 'failed')),
    due_at timestamptz,
    attempts bigint not null default 0,
    file text not null default '',
    bytes bigint not null default 0,
    row_count bigint not null default 0,
    problem text not null default '',
    started_at timestamptz,
    finished_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index backups_by_due on backups (due_at);

-- Requests for each route and day, of all processes. No people and no addresses.
create table usage_days (
    day text not null,
    route text not null,
    requests bigint not null,
    refused bigint not null,
    failed bigint not null,
    slow bigint not null,
    total_millis bigint not null,
    longest_millis bigint not null,
    primary key (day, route)
);

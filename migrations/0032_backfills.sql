-- Back-fills: a range of past windows, run one after the other at a stated pace.
drop index executions_by_origin;
alter table executions rename column origin to origin_was;
alter table executions add column origin text not null default 'hand'
    check (origin in ('hand', 'rerun', 'schedule', 'backfill', 'flow', 'batch', 'api', 'adopted'));
update executions set origin = origin_was;
alter table executions drop column origin_was;
create unique index executions_by_origin on executions (origin, origin_key) where origin_key is not null;

create table backfills (
    id text primary key,
    name text not null,
    owner_id text not null references people (id),
    instance_id text not null references instances (id) on delete cascade,
    -- The schedule whose past slots it runs; none for a query on its own.
    schedule_id text references schedules (id) on delete set null,
    -- The saved query whose current text runs; none where the back-fill has a text of its own.
    query_id text references queries (id) on delete set null,
    sql text not null,
    parameters jsonb not null,
    -- What it is run with, as the fields of a form; the window of each execution replaces the one in it.
    input jsonb not null,
    unit text not null check (unit in ('day', 'week', 'month', 'slots')),
    zone text not null,
    first_day text not null,
    last_day text not null,
    -- The pace: so many executions at a time, and at least so many minutes between two starts.
    at_once bigint not null,
    every_minutes bigint not null,
    state text not null check (state in ('active', 'paused', 'finished', 'cancelled')),
    state_reason text not null,
    state_at timestamptz not null,
    failures bigint not null,
    -- When it is looked at next.
    due_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index backfills_by_due on backfills (due_at) where state = 'active';
create index backfills_by_instance on backfills (instance_id, created_at);
create index backfills_by_schedule on backfills (schedule_id);
create index backfills_by_owner on backfills (owner_id);

-- Each window of a back-fill is a row from the start: what became of it, and why.
create table backfill_windows (
    backfill_id text not null references backfills (id) on delete cascade,
    position bigint not null,
    -- From the first moment to the one after the last, as the clock of the back-fill's zone shows them.
    window_start text not null,
    window_end text not null,
    -- The slot of the schedule to which the window belongs.
    slot text,
    state text not null check (state in ('waiting', 'started', 'succeeded', 'failed', 'present', 'cancelled')),
    reason text not null,
    attempts bigint not null,
    execution_id text,
    started_at timestamptz,
    ended_at timestamptz,
    primary key (backfill_id, position),
    unique (backfill_id, window_start, window_end)
);
create index backfill_windows_by_execution on backfill_windows (execution_id);

-- What people typed into the form of a schedule and did not save, by what it is about.
create table schedule_drafts (
    person_id text not null references people (id) on delete cascade,
    subject text not null,
    fields jsonb not null,
    updated_at timestamptz not null,
    primary key (person_id, subject)
);

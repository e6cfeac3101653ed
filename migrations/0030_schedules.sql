-- Schedules, and the ledger of their slots. A slot is named by its civil time, so that a change of the zone's rules
-- neither doubles nor loses one.
create table schedules (
    id text primary key,
    name text not null,
    owner_id text not null references people (id),
    instance_id text not null references instances (id) on delete cascade,
    -- The saved query whose current text runs; none where the schedule has a text of its own.
    query_id text references queries (id) on delete set null,
    sql text not null,
    parameters jsonb not null,
    -- What it is run with, as the fields of a form: pairs of texts.
    input jsonb not null,
    timing jsonb not null,
    policies jsonb not null,
    note text not null,
    state text not null check (state in ('active', 'paused', 'finished')),
    state_reason text not null,
    state_at timestamptz not null,
    paused_until timestamptz,
    -- What becomes of the slots from before the last resume.
    resumed_at timestamptz,
    resume_with text check (resume_with in ('latest', 'all', 'none')),
    failures bigint not null,
    -- The version of the zone data by which the next slot was planned.
    zone_rules text not null,
    -- The next slot, when it is, and when it is decided: later where it waits for mature data or is spread.
    next_slot text,
    next_at timestamptz,
    due_at timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    revision bigint not null,
    deleted_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index schedules_by_due on schedules (due_at) where state = 'active' and deleted_at is null;
create index schedules_by_pause on schedules (paused_until) where paused_until is not null;
create index schedules_by_instance on schedules (instance_id);
create index schedules_by_owner on schedules (owner_id);
create index schedules_by_query on schedules (query_id);

-- Each slot that should have been is a row: what became of it, and why.
create table schedule_slots (
    schedule_id text not null references schedules (id) on delete cascade,
    slot text not null,
    at timestamptz not null,
    decided_at timestamptz not null,
    state text not null
        check (state in ('queued', 'started', 'succeeded', 'failed', 'skipped', 'missed', 'refused')),
    reason text not null,
    is_late boolean not null,
    execution_id text,
    ended_at timestamptz,
    primary key (schedule_id, slot)
);
create index schedule_slots_by_time on schedule_slots (schedule_id, at);
create index schedule_slots_by_execution on schedule_slots (execution_id);
create index schedule_slots_open on schedule_slots (schedule_id, at) where state in ('queued', 'started');

-- How far the feed of outcomes was read.
create table schedule_cursor (
    name text primary key,
    position bigint not null
);

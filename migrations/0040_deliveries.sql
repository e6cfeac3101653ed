-- Deliveries: results written to where they are used, per schedule or by a person.

-- What everyone who works here may know of a destination; its settings are apart, for administrators alone.
create table destinations (
    id text primary key,
    name text not null,
    kind text not null check (kind in ('folder', 'bucket', 'postgres')),
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz
);
create unique index destinations_by_name on destinations (lower(name)) where deleted_at is null;

create table destination_settings (
    destination_id text primary key references destinations (id) on delete cascade,
    settings jsonb not null,
    -- The password or the secret of the access key, sealed; none where there is none.
    sealed text
);

-- Where each result of a schedule goes, and in which form.
create table delivery_rules (
    id text primary key,
    schedule_id text not null references schedules (id) on delete cascade,
    destination_id text not null references destinations (id),
    target jsonb not null,
    -- Since when its deliveries have been failing; people are told of it once.
    failing_since timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    updated_at timestamptz not null,
    updated_by text not null,
    deleted_at timestamptz
);
create index delivery_rules_by_schedule on delivery_rules (schedule_id);
create index delivery_rules_by_destination on delivery_rules (destination_id);

-- The ledger: a row for each rule and execution, and for each delivery by a person. Names are as they were then, so that
-- a row stays readable when its rule, schedule or destination is gone.
create table deliveries (
    id text primary key,
    rule_id text,
    schedule_id text,
    schedule_name text not null,
    destination_id text not null,
    destination_name text not null,
    instance_id text not null references instances (id) on delete cascade,
    execution_id text not null,
    query_name text not null,
    slot text,
    target jsonb not null,
    -- Who asked for it; empty where a rule did.
    person_name text not null,
    state text not null check (state in ('waiting', 'sending', 'done', 'failed', 'given-up', 'canceled')),
    reason text not null,
    attempts bigint not null,
    -- Attempts before somebody had it tried again: the waits begin anew.
    attempts_before bigint not null,
    created_at timestamptz not null,
    due_at timestamptz,
    ended_at timestamptz,
    row_count bigint,
    byte_count bigint,
    took_ms bigint,
    -- The name of the file or object, or the table.
    object text not null,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create unique index deliveries_once on deliveries (rule_id, execution_id) where rule_id is not null;
create index deliveries_by_due on deliveries (due_at) where state in ('waiting', 'sending', 'failed');
create index deliveries_by_time on deliveries (created_at, id);
create index deliveries_by_instance on deliveries (instance_id, created_at, id);
create index deliveries_open on deliveries (state) where state in ('waiting', 'sending', 'failed', 'given-up');
create index deliveries_by_execution on deliveries (execution_id);

create table delivery_attempts (
    delivery_id text not null references deliveries (id) on delete cascade,
    number bigint not null,
    at timestamptz not null,
    took_ms bigint not null,
    row_count bigint,
    byte_count bigint,
    object text not null,
    -- Why it failed; empty where it did not.
    reason text not null,
    primary key (delivery_id, number)
);

-- How far the feed of outcomes was read.
create table delivery_cursor (
    name text primary key,
    position bigint not null
);

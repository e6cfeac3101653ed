-- What people are told, and how it reaches them. A message is a row for each cause; who gets it, by mail or by webhook,
-- is written in the same transaction, so that nothing is told twice or forgotten.
create table messages (
    id text primary key,
    at timestamptz not null,
    kind text not null,
    tone text not null check (tone in ('info', 'success', 'warning', 'error')),
    -- What it is about: equal causes that nobody has read yet are one message, counted.
    cause text not null,
    times bigint not null,
    title text not null,
    -- Sentences and figures, as they were then.
    detail jsonb not null,
    -- Where to look, below the public address.
    href text not null,
    instance_id text references instances (id) on delete cascade
);
create index messages_by_cause on messages (cause, at);
create index messages_by_time on messages (at);
create index messages_by_instance on messages (instance_id);

create table mails (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    created_at timestamptz not null,
    due_at timestamptz,
    state text not null check (state in ('waiting', 'sent', 'failed')),
    attempts bigint not null,
    last_error text,
    sent_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index mails_by_due on mails (due_at) where state = 'waiting';
create index mails_by_person on mails (person_id, state);

create table message_recipients (
    message_id text not null references messages (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    at timestamptz not null,
    read_at timestamptz,
    -- The mail that carries it, if one does.
    mail_id text references mails (id) on delete set null,
    primary key (message_id, person_id)
);
create index message_recipients_by_person on message_recipients (person_id, at);
create index message_recipients_unread on message_recipients (person_id) where read_at is null;
create index message_recipients_by_mail on message_recipients (mail_id);

-- Problems that go on: told once when they begin and once when they end.
create table message_incidents (
    cause text primary key,
    opened_at timestamptz not null,
    -- The message that told of it; none where another message did.
    message_id text,
    person_id text
);

create table notice_preferences (
    person_id text primary key references people (id) on delete cascade,
    mail text not null check (mail in ('now', 'digest', 'off')),
    -- Civil times of the zone, `08:00`.
    digest_at text not null,
    quiet_from text not null,
    quiet_until text not null,
    zone text not null,
    results boolean not null,
    failures boolean not null,
    manual boolean not null
);

-- Who is told of a schedule, and of what. Its owner is, without a row.
create table notice_subscriptions (
    schedule_id text not null references schedules (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    results boolean not null,
    failures boolean not null,
    no_rows boolean not null,
    unusual boolean not null,
    -- A share from 0 to 1.
    suppressed_above double precision,
    late_minutes bigint,
    primary key (schedule_id, person_id)
);
create index notice_subscriptions_by_person on notice_subscriptions (person_id);

-- How far the feed of outcomes was read.
create table notice_cursor (
    name text primary key,
    position bigint not null
);

create table webhook_endpoints (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    -- Whether it gets what everybody is told, and not only what its owner is.
    is_global boolean not null,
    name text not null,
    kind text not null check (kind in ('webhook', 'chat')),
    sends text not null check (sends in ('all', 'problems')),
    -- The address is sealed: those of chats are secrets. The host is shown.
    sealed_url text not null,
    host text not null,
    state text not null check (state in ('active', 'off')),
    state_reason text not null,
    state_at timestamptz not null,
    failing_since timestamptz,
    warned_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index webhook_endpoints_by_person on webhook_endpoints (person_id);

-- Several at a time while they are rotated; each signs.
create table webhook_secrets (
    id text primary key,
    endpoint_id text not null references webhook_endpoints (id) on delete cascade,
    sealed text not null,
    created_at timestamptz not null
);
create index webhook_secrets_by_endpoint on webhook_secrets (endpoint_id);

create table webhook_deliveries (
    id text primary key,
    endpoint_id text not null references webhook_endpoints (id) on delete cascade,
    -- What the receiver tells repeats by: that of the message, for each delivery of it.
    message_id text not null,
    kind text not null,
    instance_id text,
    body text not null,
    state text not null check (state in ('waiting', 'delivered', 'failed', 'canceled')),
    attempts bigint not null,
    created_at timestamptz not null,
    due_at timestamptz,
    ended_at timestamptz,
    last_status bigint,
    last_error text,
    lease_owner text,
    lease_until timestamptz,
    lease_epoch bigint not null default 0
);
create index webhook_deliveries_by_due on webhook_deliveries (due_at) where state = 'waiting';
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, created_at);
create index webhook_deliveries_by_time on webhook_deliveries (created_at);

create table webhook_attempts (
    delivery_id text not null references webhook_deliveries (id) on delete cascade,
    number bigint not null,
    at timestamptz not null,
    duration_ms bigint not null,
    -- The headers that were sent; the body is the delivery's.
    request text not null,
    status bigint,
    -- The beginning of the answer.
    answer text not null,
    error text not null,
    primary key (delivery_id, number)
);

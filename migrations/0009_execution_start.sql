-- What started an execution, and the key by which it is started only once; its window as columns; and each text once.
-- `origin_ref` names what the origin speaks of: the execution that was run again, a schedule, a step, a token.
alter table executions add column origin text not null default 'hand'
    check (origin in ('hand', 'rerun', 'schedule', 'flow', 'batch', 'api'));
alter table executions add column origin_ref text;
alter table executions add column origin_key text;
-- A digest of what was asked for under the key; none for what was started before there were keys.
alter table executions add column request_digest text;
-- The window: how it is meant, and the two times as the wall clock of the zone shows them (2026-01-31T00:00:00), which
-- is what AMC is sent; no times where AMC decides.
alter table executions add column window_kind text not null default 'explicit';
alter table executions add column window_start text;
alter table executions add column window_end text;
alter table executions add column window_zone text not null default 'UTC';
-- The name of the person whose connection is used.
alter table executions add column connection_owner text;

-- From here on `sent` is the body of the request alone. What people filled in stays: a text is a value of its own
-- right in the form that values have now.
update executions set
    origin = case when rerun_of is null then 'hand' else 'rerun' end,
    origin_ref = rerun_of,
    origin_key = case when once is null then null else person_id || ':' || once end,
    window_start = sent -> 'body' ->> 'timeWindowStart',
    window_end = sent -> 'body' ->> 'timeWindowEnd',
    window_zone = coalesce(sent -> 'body' ->> 'timeWindowTimeZone', 'UTC'),
    window_kind = case
        when sent -> 'body' ->> 'timeWindowType' is null then 'explicit'
        when sent -> 'body' ->> 'timeWindowType' <> 'EXPLICIT' then sent -> 'body' ->> 'timeWindowType'
        when replace(cast(sent -> 'form' as text), ' ', '') like '%["window","settled"]%' then 'settled'
        when replace(cast(sent -> 'form' as text), ' ', '') like '%["window","last-day"]%' then 'last-day'
        when replace(cast(sent -> 'form' as text), ' ', '') like '%["window","last-week"]%' then 'last-week'
        when replace(cast(sent -> 'form' as text), ' ', '') like '%["window","last-month"]%' then 'last-month'
        else 'explicit'
    end,
    sent = coalesce(sent -> 'body', sent);

drop index executions_by_once;
alter table executions drop column once;
create unique index executions_by_origin on executions (origin, origin_key) where origin_key is not null;

-- A connection may be removed while executions that used it stay: the id is kept without a foreign key.
alter table executions rename column connection_id to connection_was;
alter table executions add column connection_id text not null default '';
update executions set connection_id = connection_was;
alter table executions drop column connection_was;

-- The feed of outcomes: a row for each start and each end. A position is taken from the feed's own row, which stays
-- locked until the commit: so positions are seen in their order, without gaps.
create table execution_feed (
    name text primary key,
    position bigint not null
);

create table execution_outcomes (
    position bigint primary key,
    execution_id text not null references executions (id) on delete cascade,
    instance_id text not null,
    event text not null check (event in ('started', 'ended')),
    state text not null,
    at timestamptz not null
);
create index execution_outcomes_by_time on execution_outcomes (at);
create index execution_outcomes_by_execution on execution_outcomes (execution_id);

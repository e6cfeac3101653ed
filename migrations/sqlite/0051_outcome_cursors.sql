-- How far each worker has read the feed of outcomes; before, each room had a table of its own.
create table outcome_cursors (
    name text primary key,
    position bigint not null
);
insert into outcome_cursors (name, position) select 'scheduler', position from schedule_cursor where name = 'outcomes';
insert into outcome_cursors (name, position) select 'backfiller', position from schedule_cursor where name = 'backfills';
insert into outcome_cursors (name, position) select 'deliverer', position from delivery_cursor where name = 'outcomes';
insert into outcome_cursors (name, position) select 'notifier', position from notice_cursor where name = 'outcomes';
drop table schedule_cursor;
drop table delivery_cursor;
drop table notice_cursor;

-- The end of a backfill is reported once. Those that ended before are not.
create index backfills_by_end on backfills (state_at) where state in ('finished', 'paused');
insert into message_incidents (cause, opened_at)
    select 'backfill-ended:' || id || ':' || lease_epoch, state_at from backfills where state in ('finished', 'paused');

-- What runs a query, for its page.
create index backfills_by_query on backfills (query_id) where query_id is not null;

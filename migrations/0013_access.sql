-- Access that ends. A row for each source of a person's access to an instance; `instance_access` holds what they come
-- to: the strongest role that has not ended. Only `instances/store` writes either, the second from the first.

-- `listed` says whether Amazon's lists show the instance to this person: one that was added by hand is not missed there.
create table access_grants (
    instance_id text not null references instances (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    source text not null check (source in ('amazon', 'shared', 'administrator')),
    role text not null check (role in ('viewer', 'analyst', 'manager')),
    connection_id text references connections (id) on delete set null,
    given_by text,
    listed boolean not null default true,
    confirmed_at timestamptz,
    missing_since timestamptz,
    ends_at timestamptz,
    created_at timestamptz not null,
    primary key (instance_id, person_id, source)
);
create index access_grants_by_person on access_grants (person_id, instance_id);
create index access_grants_by_connection on access_grants (connection_id);
create index access_grants_by_end on access_grants (ends_at) where ends_at is not null;

insert into access_grants (instance_id, person_id, source, role, connection_id, listed, confirmed_at, created_at)
    select a.instance_id, a.person_id, 'amazon', a.role, a.connection_id, i.added_by <> 'hand', i.seen_at, a.created_at
    from instance_access a join instances i on i.id = a.instance_id;

-- When all of it ends, if it does; and by which connection, which may be gone while the access goes on.
alter table instance_access add column source text not null default 'amazon'
    check (source in ('amazon', 'shared', 'administrator'));
alter table instance_access add column ends_at timestamptz;
alter table instance_access rename column connection_id to connection_was;
alter table instance_access add column connection_id text references connections (id) on delete set null;
update instance_access set connection_id = connection_was;
alter table instance_access drop column connection_was;
create index instance_access_by_connection on instance_access (connection_id);

-- Somebody who was suspended or removed; the row stays, since queries, executions and the audit log name it.
alter table people add column state text not null default 'active' check (state in ('active', 'suspended', 'removed'));
alter table people add column state_at timestamptz;

-- When the owner disconnected it: the sealed tokens are gone, and only signing in again makes it work.
alter table connections add column disconnected_at timestamptz;

-- By which account and marketplace each connection reaches an instance: AMC lists the same one under several.
create table instance_entities (
    instance_id text not null references instances (id) on delete cascade,
    connection_id text not null references connections (id) on delete cascade,
    entity_id text not null,
    marketplace_id text not null,
    account_name text not null,
    position bigint not null default 0,
    seen_at timestamptz not null,
    primary key (instance_id, connection_id, entity_id, marketplace_id)
);
create index instance_entities_by_connection on instance_entities (connection_id, entity_id);

insert into instance_entities (instance_id, connection_id, entity_id, marketplace_id, account_name, seen_at)
    select distinct a.instance_id, a.connection_id, i.entity_id, i.marketplace_id, i.account_name, i.seen_at
    from instance_access a join instances i on i.id = a.instance_id where a.connection_id is not null;

-- The accounts that a connection is asked for, one after the other, and what each answered last.
create table survey_accounts (
    connection_id text not null references connections (id) on delete cascade,
    person_id text not null references people (id) on delete cascade,
    entity_id text not null,
    marketplace_id text not null,
    name text not null,
    listed_by text not null check (listed_by in ('amc', 'advertisers', 'profiles')),
    position bigint not null,
    state text not null check (state in ('waiting', 'answered', 'refused', 'failed', 'elsewhere')),
    tries bigint not null default 0,
    found bigint not null default 0,
    skipped bigint not null default 0,
    problem text,
    asked_at timestamptz,
    refused_since timestamptz,
    primary key (connection_id, entity_id, marketplace_id)
);
create index survey_accounts_by_person on survey_accounts (person_id, connection_id, position);

-- When the accounts were listed for the survey in hand; none between two surveys. `note` says what was skipped.
alter table surveys add column listed_at timestamptz;
alter table surveys add column note text;

-- Who uses the refresh token now, so that two processes do not use it at the same time.
alter table connections add column renewed_by text;
alter table connections add column renewed_until timestamptz;

-- AMC's reason for where an execution stands, as it came.

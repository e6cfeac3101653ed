-- Brands of an instance, each with its ASINs and campaigns, offered as values of parameters. A deleted brand can be
-- restored for thirty days.
create table brands (
    id text primary key,
    instance_id text not null references instances (id) on delete cascade,
    name text not null,
    created_by text not null references people (id),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);
create index brands_by_instance on brands (instance_id, deleted_at);
-- No two brands of an instance have the same name, whatever its letters.
create unique index brands_by_name on brands (instance_id, lower(name)) where deleted_at is null;

create table brand_items (
    brand_id text not null references brands (id) on delete cascade,
    kind text not null check (kind in ('asin', 'campaign')),
    value text not null,
    label text not null,
    position bigint not null,
    primary key (brand_id, kind, value)
);

-- What people find an instance by, with commas between them: the same for everyone who has access.
alter table instances add column labels text not null default '';
-- When a person gave it a star.
alter table instance_access add column starred_at timestamptz;

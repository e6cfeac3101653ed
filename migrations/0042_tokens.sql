-- Personal tokens for programs. The text itself is not stored: a request is recognised by the hash of what it sends.
create table personal_tokens (
    id text primary key,
    person_id text not null references people (id) on delete cascade,
    name text not null,
    hash text not null unique,
    -- The last characters, to tell tokens apart.
    hint text not null,
    -- `queries:read executions:write`, separated by spaces.
    scopes text not null,
    -- `,ins_1,ins_2,`; empty for all instances of the person.
    instances text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    used_at timestamptz,
    used_from text
);
create index personal_tokens_by_person on personal_tokens (person_id, created_at);

-- What was done with a token.
alter table audit add column token_id text;
create index audit_by_token on audit (token_id, at);

-- Requests with an Idempotency-Key: the first one's answer is given to all that repeat it.
create table api_requests (
    person_id text not null references people (id) on delete cascade,
    idempotency_key text not null,
    -- Of the method, the address and the body.
    digest text not null,
    -- Who is working on it; a claim ends by itself, for a process that ended in between.
    claim text not null,
    claimed_until timestamptz not null,
    created_at timestamptz not null,
    -- The answer, once there is one.
    status bigint,
    headers jsonb,
    body text,
    primary key (person_id, idempotency_key)
);
create index api_requests_by_time on api_requests (created_at);

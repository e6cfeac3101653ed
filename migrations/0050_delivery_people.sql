-- Who requested a delivery manually: they are told when it is given up. None where a rule did, and for what was requested
-- before.
alter table deliveries add column person_id text;
create index deliveries_given_up on deliveries (person_id) where state = 'given-up' and person_id is not null;

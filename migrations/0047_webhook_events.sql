-- The kinds of events that an endpoint gets, separated by spaces; empty where `sends` decides.
alter table webhook_endpoints add column events text not null default '';

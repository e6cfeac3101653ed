-- What a form was sent with, so that the same form sent twice starts one run.
alter table executions add column once text;
create unique index executions_by_once on executions (person_id, once) where once is not null;

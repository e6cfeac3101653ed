-- SQLite knows no policies; see 0002. The column goes here because on PostgreSQL a policy has to go first.
alter table queries drop column instance_id;

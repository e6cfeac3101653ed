-- What an instance listed, in short: equal digests are equal lists. Lists that were read before have none until
-- they are read again.
alter table instance_sources add column digest text;

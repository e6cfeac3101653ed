-- Pages read which lists of data sources exist far more often than the lists themselves. On SQLite, columns after a
-- large text are found only by reading the text, so an index contains them.
create index instance_sources_listed on instance_sources (instance_id, digest, read_at);
